using System.Collections.Concurrent;

namespace OtelOrleans.Silo.Kafka;

/// <summary>What Kafka last said of the partitions that this silo reads.</summary>
internal sealed class PartitionLags
{
    private readonly ConcurrentDictionary<(string Topic, int Partition), PartitionBuffer> _buffers = new();

    /// <summary>Offset after the newest record; null before Kafka's first answer.</summary>
    public long? HighWatermark(string topic, int partition) => _buffers.TryGetValue((topic, partition), out var buffer) ? buffer.HighWatermark : null;

    /// <summary>Kafka does not have the offset that the partition is to be read from.</summary>
    public bool IsOutOfRange(string topic, int partition) => _buffers.TryGetValue((topic, partition), out var buffer) && buffer.OutOfRange is not null;

    public void Watch(string topic, int partition, PartitionBuffer buffer) => _buffers[(topic, partition)] = buffer;

    public void Forget(string topic, int partition) => _buffers.TryRemove((topic, partition), out _);
}
