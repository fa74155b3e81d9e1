using Orleans.Runtime;
using Orleans.Streams;

namespace OtelOrleans.Silo.Kafka;

/// <summary>Makes a receiver per topic-partition. Read-only.</summary>
internal sealed class KafkaQueueAdapter(string name, KafkaReceiverServices services) : IQueueAdapter
{
    public string Name => name;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadOnly;

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId)
    {
        var (topic, partition) = KafkaQueueMapper.PartitionOf(queueId);
        return new KafkaQueueAdapterReceiver(topic, partition, services);
    }

    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw new NotSupportedException("The Kafka stream provider only reads; to write to Kafka use a Kafka producer.");
}
