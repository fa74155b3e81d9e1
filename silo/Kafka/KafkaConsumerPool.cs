using Microsoft.Extensions.Options;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Silo.Kafka;

/// <summary>The consumers of the silo. A partition is read by the one with the fewest.</summary>
internal sealed class KafkaConsumerPool(IOptions<KafkaStreamOptions> options, RowArrayPool arrays, KafkaClientLog log, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<KafkaConsumer> _consumers = [];
    private readonly Dictionary<PartitionBuffer, KafkaConsumer> _owners = [];
    private readonly PrefetchBudget _budget = new(options.Value.MaxPrefetchBytes, options.Value.MaxPrefetchBytesPerSilo);
    private bool _disposed;

    /// <summary>Begins to read a partition at the offset.</summary>
    public PartitionBuffer Open(string topic, int partition, long offset)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Assign(Least(), topic, partition, offset);
        }
    }

    /// <summary>Reads the buffer's partition from another offset, into a new buffer.</summary>
    public PartitionBuffer Seek(PartitionBuffer buffer, long offset)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _owners.Remove(buffer, out var consumer);
            return Assign(consumer ?? Least(), buffer.Topic, buffer.Partition, offset);
        }
    }

    /// <summary>Ends reading.</summary>
    public void Close(PartitionBuffer buffer)
    {
        lock (_lock)
        {
            if (_owners.Remove(buffer, out var consumer))
            {
                consumer.Unassign(buffer);
            }
        }
    }

    /// <summary>Mirrors a resume point into Kafka's committed offsets, if the partition is read here.</summary>
    public void Mirror(string topic, int partition, long resumePoint)
    {
        lock (_lock)
        {
            foreach (var (buffer, consumer) in _owners)
            {
                if (buffer.Topic == topic && buffer.Partition == partition)
                {
                    consumer.Mirror(buffer, resumePoint);
                }
            }
        }
    }

    public void Dispose()
    {
        List<KafkaConsumer> consumers;
        lock (_lock)
        {
            _disposed = true;
            consumers = [.. _consumers];
        }

        consumers.ForEach(c => c.Dispose());
    }

    private PartitionBuffer Assign(KafkaConsumer consumer, string topic, int partition, long offset)
    {
        var buffer = new PartitionBuffer(topic, partition, offset, _budget);
        _owners.Add(buffer, consumer);
        consumer.Assign(buffer);
        return buffer;
    }

    private KafkaConsumer Least()
    {
        if (_consumers.Count < options.Value.Consumers && _consumers.TrueForAll(c => c.Partitions > 0))
        {
            _consumers.Add(new KafkaConsumer(options.Value, _budget, arrays, _consumers.Count, log, time));
        }

        return _consumers.MinBy(c => c.Partitions)!;
    }
}
