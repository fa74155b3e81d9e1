using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Grains.Sessions;

/// <summary>
/// Chunks in the order of their offsets, and the resume point: the first offset that is not yet durable. It moves over a chunk, or a part of one, when nothing of it is
/// pending and everything before it is durable. Not thread safe; guarded by the session's lock.
/// </summary>
/// <param name="resumePoint">Where it begins.</param>
/// <param name="consumed">What was read of the partition up to there.</param>
internal sealed class OffsetTracker(long resumePoint, RecordCounts consumed = default)
{
    private readonly LinkedList<ChunkProgress> _chunks = new();

    /// <summary>First offset that is not yet durable.</summary>
    public long ResumePoint { get; private set; } = resumePoint;

    /// <summary>What was read up to the resume point.</summary>
    public RecordCounts Consumed { get; private set; } = consumed;

    /// <summary>Payload bytes of the chunks that are not yet durable.</summary>
    public long UndurableBytes { get; private set; }

    /// <summary>The oldest chunk that is not durable; null if all are.</summary>
    public ChunkProgress? Oldest => _chunks.First?.Value;

    /// <summary>Adds the next chunk; it is pending until <see cref="Complete"/> was called once for its decoding and once for each <see cref="ChunkProgress.Pending"/> added since.</summary>
    public ChunkProgress Add(long lastOffset, long bytes, long now, long timestampUnixMs = 0)
    {
        var chunk = new ChunkProgress(lastOffset, bytes, now) { TimestampUnixMs = timestampUnixMs };
        _chunks.AddLast(chunk);
        UndurableBytes += bytes;
        return chunk;
    }

    /// <summary>
    /// Decoding has come to an offset of the chunk, and so many bytes came out since it was there before: they take of the credit what they take of memory. Returns what the
    /// batches sent now belong to: a part of its own, pending for its sending, or the chunk itself at its end.
    /// </summary>
    public ChunkProgress Decoded(ChunkProgress chunk, long lastOffset, long bytes, long now, RecordCounts records = default)
    {
        chunk.MovedAt = now;
        if (lastOffset < chunk.LastOffset)
        {
            // The payloads stay in memory until the chunk's end: the part's bytes come on top.
            UndurableBytes += bytes;
            return _chunks.AddBefore(_chunks.Find(chunk)!, new ChunkProgress(lastOffset, bytes, now) { Records = records, TimestampUnixMs = chunk.TimestampUnixMs }).Value;
        }

        if (bytes > chunk.Bytes)
        {
            UndurableBytes += bytes - chunk.Bytes;
            chunk.Bytes = bytes;
        }

        chunk.Records = records;
        return chunk;
    }

    /// <summary>One thing less is pending of the chunk. Returns whether the resume point moved.</summary>
    public bool Complete(ChunkProgress chunk)
    {
        chunk.Pending--;
        var moved = false;
        while (Oldest is { Pending: 0 } oldest)
        {
            _chunks.RemoveFirst();
            ResumePoint = oldest.LastOffset + 1;
            Consumed += oldest.Records;
            UndurableBytes -= oldest.Bytes;
            moved = true;
        }

        return moved;
    }
}
