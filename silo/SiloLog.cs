using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Silo;

/// <summary>What the silo logs. Event ids 4000–4999.</summary>
internal static partial class SiloLog
{
    [LoggerMessage(4001, LogLevel.Information, "Reading {Topic}/{Partition} from offset {ResumePoint}")]
    public static partial void PartitionOpened(ILogger log, string topic, int partition, long resumePoint);

    [LoggerMessage(4002, LogLevel.Information, "Gave up {Topic}/{Partition} at offset {ResumePoint}, {UndurableBytes} bytes left for the next owner to replay")]
    public static partial void PartitionClosed(ILogger log, string topic, int partition, long resumePoint, long undurableBytes);

    [LoggerMessage(4003, LogLevel.Warning, "Session of {Topic}/{Partition} broken, replaying from offset {ResumePoint}: no aggregator took the oldest chunk for {Waited}")]
    public static partial void Undelivered(ILogger log, string topic, int partition, long resumePoint, TimeSpan waited);

    [LoggerMessage(4008, LogLevel.Warning, "Session of {Topic}/{Partition} broken, replaying from offset {ResumePoint}: nothing became durable for {Waited}")]
    public static partial void Stalled(ILogger log, string topic, int partition, long resumePoint, TimeSpan waited);

    [LoggerMessage(4004, LogLevel.Error, "{Topic}/{Partition} is not read any further: OtelOrleans:Kafka:OnGap is Fail. Restart with Earliest to go on behind the gap")]
    public static partial void StoppedByGap(ILogger log, string topic, int partition);

    [LoggerMessage(4005, LogLevel.Error, "Offsets of {Topic}/{Partition} have started over: reading stands at {ResumePoint}, Kafka ends at {High}. Was the topic made anew? The partition is not read. Give the new topic another name, or delete the rows of this topic from otel.partition_progress and otel.ingest_ledger while all silos are stopped")]
    public static partial void OffsetsStartedOver(ILogger log, string topic, int partition, long resumePoint, long high);

    [LoggerMessage(4009, LogLevel.Error, "Offsets of {Topic}/{Partition} have started over; see otel.offset_gaps. The partition goes on as {StoredTopic} in ledger, progress and dead letters")]
    public static partial void OffsetsBeganAnew(ILogger log, string topic, int partition, string storedTopic);

    [LoggerMessage(4006, LogLevel.Warning, "Topic {Topic} does not exist in Kafka; waiting for it. Create it, or name another by KAFKA_TRACE_TOPIC, KAFKA_LOG_TOPIC, KAFKA_METRIC_TOPIC")]
    public static partial void TopicMissing(ILogger log, string topic);

    [LoggerMessage(4007, LogLevel.Information, "Topic {Topic} has appeared with {Partitions} partitions")]
    public static partial void TopicAppeared(ILogger log, string topic, int partitions);

    [LoggerMessage(4011, LogLevel.Warning, "Kafka: {Code}: {Reason}. Trying again (further messages of this kind are held back for 30 s)")]
    public static partial void KafkaTrouble(ILogger log, ErrorCode code, string reason);

    [LoggerMessage(4012, LogLevel.Error, "Kafka: {Code}: {Reason}. The client cannot recover; restart the silo")]
    public static partial void KafkaFatal(ILogger log, ErrorCode code, string reason);

    [LoggerMessage(4013, LogLevel.Debug, "Kafka client: {Facility}: {Message}")]
    public static partial void KafkaClient(ILogger log, string facility, string message);

    [LoggerMessage(4014, LogLevel.Information, "{Topic}/{Partition} is paused: nothing is taken of it until it is resumed")]
    public static partial void PartitionPaused(ILogger log, string topic, int partition);

    [LoggerMessage(4015, LogLevel.Information, "{Topic}/{Partition} is resumed")]
    public static partial void PartitionResumed(ILogger log, string topic, int partition);

    [LoggerMessage(4021, LogLevel.Warning, "Resume points not saved, trying again: {Reason}")]
    public static partial void ResumePointsNotSaved(ILogger log, string reason);

    [LoggerMessage(4022, LogLevel.Warning, "{Topic}/{Partition} not opened, trying again: {Reason}")]
    public static partial void PartitionNotOpened(ILogger log, string topic, int partition, string reason);

    [LoggerMessage(4031, LogLevel.Information, "Drained {Partitions} partitions and handed over {Aggregators} aggregators in {Elapsed}, {UndurableBytes} bytes left for the next owner to replay")]
    public static partial void Drained(ILogger log, int partitions, long undurableBytes, int aggregators, TimeSpan elapsed);

    [LoggerMessage(4035, LogLevel.Information, "Moving {Aggregators} aggregators to where they belong among {Silos} silos")]
    public static partial void AggregatorsMoved(ILogger log, int aggregators, int silos);

    [LoggerMessage(4032, LogLevel.Warning, "Waiting for Postgres: {Reason}")]
    public static partial void WaitingForPostgres(ILogger log, string reason);

    [LoggerMessage(4033, LogLevel.Information, "Postgres answers; {Applied} migrations applied")]
    public static partial void PostgresReady(ILogger log, int applied);

    [LoggerMessage(4034, LogLevel.Warning, "The grain that looks after the tables was not reached, or failed; it is asked again")]
    public static partial void UpkeepFailed(ILogger log, Exception exception);

    [LoggerMessage(4041, LogLevel.Information, "{Url} serves health only: set HTTP_TOKEN, or HTTP_USER and HTTP_PASSWORD, for metrics and dashboard beyond loopback")]
    public static partial void OnlyHealthIsServed(ILogger log, string url);
}
