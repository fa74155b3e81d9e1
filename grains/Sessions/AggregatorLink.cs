using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;

namespace OtelOrleans.Grains.Sessions;

/// <summary>What one session has sent to one aggregator and does not yet know to be committed. Guarded by the session's lock.</summary>
internal sealed class AggregatorLink(string serviceName)
{
    private readonly Queue<(long LastOffset, ChunkProgress Chunk, IReadOnlyList<Dimension> Dimensions)> _pending = new();

    /// <summary>The aggregator's service.</summary>
    public string ServiceName => serviceName;

    /// <summary>Last offset sent; <see cref="RowBatch.NoOffset"/> before the first batch.</summary>
    public long LastSent { get; private set; } = RowBatch.NoOffset;

    /// <summary>Last offset that the aggregator has accepted.</summary>
    public long LastAccepted { get; set; } = RowBatch.NoOffset;

    /// <summary>Somebody asks the aggregator what is durable; see <see cref="DurabilityWatcher"/>.</summary>
    public bool Watched { get; set; }

    /// <summary>The oldest accepted offset that is not known to be committed; null if there is none.</summary>
    public long? OldestUndurable => _pending.TryPeek(out var batch) && batch.LastOffset <= LastAccepted ? batch.LastOffset : null;

    /// <summary>Notes a batch that is about to be sent.</summary>
    public void Sending(ChunkProgress chunk, DecodedBatch batch)
    {
        LastSent = batch.Batch.LastOffset;
        chunk.Pending++;
        _pending.Enqueue((LastSent, chunk, batch.Dimensions));
    }

    /// <summary>Everything up to the offset is committed. Returns whether the session's resume point moved.</summary>
    public bool Durable(long offset, OffsetTracker tracker, TimeProvider time)
    {
        var moved = false;
        while (_pending.TryPeek(out var batch) && batch.LastOffset <= offset)
        {
            _pending.Dequeue();
            foreach (var dimension in batch.Dimensions)
            {
                dimension.MarkDurable(time);
            }

            moved |= tracker.Complete(batch.Chunk);
        }

        return moved;
    }
}
