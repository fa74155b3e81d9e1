namespace OtelOrleans.GrainInterfaces;

/// <summary>One topic-partition at one moment.</summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="Silo">The silo that reads it, as <c>host:port</c>; null if none does.</param>
/// <param name="ResumePoint">First offset that is not durable; null as long as the silo has not opened it.</param>
/// <param name="HighWatermark">Offset after the newest record; null before Kafka's first answer.</param>
/// <param name="LagRecords">Records from one to the other.</param>
/// <param name="LagSeconds">Age of the oldest record that is not durable, by Kafka's timestamp; null if it is not known.</param>
/// <param name="UndurableBytes">Payload bytes read and not committed.</param>
/// <param name="IsPaused">Whether somebody has paused it.</param>
/// <param name="Problem">Why it does not move; null if nothing hinders it.</param>
/// <param name="LastBreak">Why it was last read again from its resume point; null if it never was since its silo took it.</param>
/// <param name="LastBreakAt">When that was.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.PartitionState")]
public sealed record PartitionState(
    [property: Id(0)] string Topic,
    [property: Id(1)] int Partition,
    [property: Id(2)] string? Silo,
    [property: Id(3)] long? ResumePoint,
    [property: Id(4)] long? HighWatermark,
    [property: Id(5)] long? LagRecords,
    [property: Id(6)] double? LagSeconds,
    [property: Id(7)] long UndurableBytes,
    [property: Id(8)] bool IsPaused,
    [property: Id(9)] string? Problem,
    [property: Id(10)] string? LastBreak,
    [property: Id(11)] DateTimeOffset? LastBreakAt);
