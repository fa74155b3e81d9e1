using Orleans.Runtime;
using Orleans.Streams;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// One Orleans queue per topic-partition. The list grows while the silo runs: Kafka may be away at the start, topics may be created and partitions added later.
/// </summary>
internal sealed class KafkaQueueMapper : IStreamQueueMapper
{
    private volatile List<QueueId> _queues = [];

    /// <summary>The list has changed.</summary>
    public event Action? Changed;

    public static (string Topic, int Partition) PartitionOf(QueueId queue) => (queue.GetStringNamePrefix(), (int)queue.GetNumericId());

    public IEnumerable<QueueId> GetAllQueues() => _queues;

    public QueueId GetQueueForStream(StreamId streamId) =>
        throw new NotSupportedException("The Kafka stream provider only reads; to write to Kafka use a Kafka producer.");

    /// <summary>Sets the number of partitions of each topic. Partitions never go away: one that Kafka does not list at the moment is only unreachable.</summary>
    public void Update(IEnumerable<(string Topic, int Partitions)> topics)
    {
        var queues = topics
            .SelectMany(t => Enumerable.Range(0, t.Partitions).Select(p => QueueId.GetQueueId(t.Topic, (uint)p, Hash(t.Topic, p))))
            .Union(_queues)
            .OrderBy(q => q.GetStringNamePrefix(), StringComparer.Ordinal)
            .ThenBy(q => q.GetNumericId())
            .ToList();
        if (queues.Count != _queues.Count)
        {
            _queues = queues;
            Changed?.Invoke();
        }
    }

    /// <summary>FNV-1a over topic and partition: the same in every silo and version.</summary>
    private static uint Hash(string topic, int partition)
    {
        var hash = 2166136261u;
        foreach (var c in topic)
        {
            hash = (hash ^ c) * 16777619;
        }

        return (hash ^ (uint)partition) * 16777619;
    }
}
