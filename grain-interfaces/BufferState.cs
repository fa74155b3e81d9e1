namespace OtelOrleans.GrainInterfaces;

/// <summary>The buffer of one aggregator at one moment.</summary>
/// <param name="ServiceName">The service.</param>
/// <param name="Shard">The shard of the service.</param>
/// <param name="Silo">The silo that holds the buffer, as <c>host:port</c>.</param>
/// <param name="BufferedRows">Rows accepted and not yet committed.</param>
/// <param name="BufferedBytes">Their size in bytes.</param>
/// <param name="OldestBuffered">When the oldest of them was accepted; null if there is none.</param>
/// <param name="FlushedRows">Rows committed by this activation.</param>
/// <param name="Flushes">Transactions committed by this activation.</param>
/// <param name="LastFlush">When the last of them was committed; null if there was none.</param>
/// <param name="LastError">Why the last flush failed; null if it did not.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.BufferState")]
public sealed record BufferState(
    [property: Id(0)] string ServiceName,
    [property: Id(1)] long Shard,
    [property: Id(2)] string Silo,
    [property: Id(3)] long BufferedRows,
    [property: Id(4)] long BufferedBytes,
    [property: Id(5)] DateTimeOffset? OldestBuffered,
    [property: Id(6)] long FlushedRows,
    [property: Id(7)] long Flushes,
    [property: Id(8)] DateTimeOffset? LastFlush,
    [property: Id(9)] string? LastError);
