using Microsoft.Extensions.Options;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Silo.Kafka;

/// <summary>What all receivers of a silo share.</summary>
internal sealed class KafkaReceiverServices(
    IOptions<KafkaStreamOptions> options,
    IOptions<FlowOptions> flow,
    KafkaConsumerPool consumers,
    PartitionTracker tracker,
    ResumePoints resumePoints,
    PartitionLags lags,
    KafkaTopicIds topicIds,
    PausedPartitions pauses,
    DrainState drain,
    TimeProvider time,
    ILogger<KafkaQueueAdapterReceiver> log)
{
    public KafkaStreamOptions Options => options.Value;

    public FlowOptions Flow => flow.Value;

    public KafkaConsumerPool Consumers => consumers;

    public PartitionTracker Tracker => tracker;

    public ResumePoints ResumePoints => resumePoints;

    public PartitionLags Lags => lags;

    public KafkaTopicIds TopicIds => topicIds;

    public PausedPartitions Pauses => pauses;

    public DrainState Drain => drain;

    public TimeProvider Time => time;

    public ILogger Log => log;
}
