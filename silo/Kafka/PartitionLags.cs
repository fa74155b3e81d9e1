using System.Collections.Concurrent;
using OtelOrleans.Grains.Sessions;

namespace OtelOrleans.Silo.Kafka;

/// <summary>What Kafka last said of the partitions that this silo reads.</summary>
internal sealed class PartitionLags
{
    private readonly ConcurrentDictionary<(string Topic, int Partition), PartitionBuffer> _buffers = new();

    /// <summary>Offset after the newest record; null before Kafka's first answer.</summary>
    public long? HighWatermark(string topic, int partition) => _buffers.TryGetValue((topic, partition), out var buffer) ? buffer.HighWatermark : null;

    /// <summary>Kafka's timestamp of the oldest record that waits to be taken, milliseconds since 1970; null if none waits.</summary>
    public long? OldestUnixMs(string topic, int partition) => _buffers.TryGetValue((topic, partition), out var buffer) ? buffer.OldestUnixMs : null;

    /// <summary>Kafka does not have the offset that the partition is to be read from.</summary>
    public bool IsOutOfRange(string topic, int partition) => _buffers.TryGetValue((topic, partition), out var buffer) && buffer.OutOfRange is not null;

    /// <summary>
    /// For how long the oldest record that is not durable has been in Kafka, by Kafka's timestamp. Where it has not been read yet, the time since the resume point moved, which
    /// is no longer than that. Zero at the end of the partition; null before Kafka's first answer.
    /// </summary>
    public TimeSpan? LagTime(PartitionSession session, DateTimeOffset now)
    {
        if (!_buffers.TryGetValue((session.Topic, session.Partition), out var buffer) || buffer.HighWatermark is not { } high)
        {
            return null;
        }

        if (high <= session.ResumePoint)
        {
            return TimeSpan.Zero;
        }

        // A producer's clock may be ahead.
        var lag = (session.OldestUndurableUnixMs ?? buffer.OldestUnixMs) is { } timestamp ? TimeSpan.FromMilliseconds(now.ToUnixTimeMilliseconds() - timestamp) : session.SinceMoved;
        return lag > TimeSpan.Zero ? lag : TimeSpan.Zero;
    }

    public void Watch(string topic, int partition, PartitionBuffer buffer) => _buffers[(topic, partition)] = buffer;

    public void Forget(string topic, int partition) => _buffers.TryRemove((topic, partition), out _);
}
