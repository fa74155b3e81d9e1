namespace OtelOrleans.GrainInterfaces;

/// <summary>Whether data flows.</summary>
public enum PipelineHealth : byte
{
    /// <summary>Rows are stored, and nothing hinders it.</summary>
    Flowing = 1,

    /// <summary>All that Kafka has is stored, and nothing new arrives.</summary>
    Idle = 2,

    /// <summary>Data flows, or would, but for a part of it; or it is late.</summary>
    Degraded = 3,

    /// <summary>Nothing is read, or nothing is stored.</summary>
    Stopped = 4,
}

/// <summary>The pipeline at one moment.</summary>
/// <param name="At">When it was asked.</param>
/// <param name="Health">Whether data flows.</param>
/// <param name="Summary">The same as a sentence: if it does not flow, where it stands.</param>
/// <param name="Silos">The silos, by address.</param>
/// <param name="Partitions">All partitions that Kafka has, ordered by topic and partition.</param>
/// <param name="Signals">What is stored per second.</param>
/// <param name="Flushes">How long transactions take.</param>
/// <param name="Buffers">All buffers together.</param>
/// <param name="DeadLetters">Open dead letters by reason, the most frequent first.</param>
/// <param name="DeadLettersAt">When they were counted; null if Postgres has not answered yet.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.PipelineState")]
public sealed record PipelineState(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] PipelineHealth Health,
    [property: Id(2)] string Summary,
    [property: Id(3)] SiloState[] Silos,
    [property: Id(4)] PartitionState[] Partitions,
    [property: Id(5)] SignalThroughput[] Signals,
    [property: Id(6)] FlushLatency Flushes,
    [property: Id(7)] BufferTotals Buffers,
    [property: Id(8)] DeadLetterTotal[] DeadLetters,
    [property: Id(9)] DateTimeOffset? DeadLettersAt);

/// <summary>Rows of one signal that were committed.</summary>
/// <param name="Signal">Traces, logs or metrics.</param>
/// <param name="Rows">Since the silos that live were started.</param>
/// <param name="RowsPerSecond">Over the last five seconds.</param>
/// <param name="LastMinute">In each of the last 60 seconds, the oldest first.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.SignalThroughput")]
public sealed record SignalThroughput(
    [property: Id(0)] Signal Signal,
    [property: Id(1)] long Rows,
    [property: Id(2)] double RowsPerSecond,
    [property: Id(3)] long[] LastMinute);

/// <summary>How long the transactions of the last minute took that store rows; failed ones count.</summary>
/// <param name="Transactions">How many were looked at: the latest 256 of each silo.</param>
/// <param name="MedianSeconds">Half of them took no longer; null if there was none.</param>
/// <param name="P95Seconds">95 of 100 took no longer.</param>
/// <param name="MaxSeconds">None took longer.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.FlushLatency")]
public sealed record FlushLatency(
    [property: Id(0)] int Transactions,
    [property: Id(1)] double? MedianSeconds,
    [property: Id(2)] double? P95Seconds,
    [property: Id(3)] double? MaxSeconds);

/// <summary>Many buffers together.</summary>
/// <param name="Buffers">How many there are: one per service and shard that is active.</param>
/// <param name="BufferedRows">Rows accepted and not yet committed.</param>
/// <param name="BufferedBytes">Their size in bytes.</param>
/// <param name="OldestBuffered">When the oldest of them was accepted; null if there is none.</param>
/// <param name="LastFlush">When rows were last committed; null if none were.</param>
/// <param name="Failing">How many could not be written by their last flush.</param>
/// <param name="FirstError">Why, for one of them, as <c>service: reason</c>.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.BufferTotals")]
public sealed record BufferTotals(
    [property: Id(0)] int Buffers,
    [property: Id(1)] long BufferedRows,
    [property: Id(2)] long BufferedBytes,
    [property: Id(3)] DateTimeOffset? OldestBuffered,
    [property: Id(4)] DateTimeOffset? LastFlush,
    [property: Id(5)] int Failing,
    [property: Id(6)] string? FirstError);

/// <summary>Dead letters of one reason.</summary>
/// <param name="Reason">Reason.</param>
/// <param name="Letters">How many are neither replayed nor dropped.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.DeadLetterTotal")]
public sealed record DeadLetterTotal([property: Id(0)] string Reason, [property: Id(1)] long Letters);
