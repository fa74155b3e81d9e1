using Orleans.Concurrency;

namespace OtelOrleans.GrainInterfaces;

/// <summary>
/// Buffers the rows of one service and flushes them to Postgres. The key is the shard (0 where there is one shard per service) and, as key extension, the service name:
/// <c>grainFactory.GetGrain&lt;IServiceAggregatorGrain&gt;(0, "checkout")</c>.
/// </summary>
[Alias("otelorleans.IServiceAggregatorGrain")]
public interface IServiceAggregatorGrain : IGrainWithIntegerCompoundKey
{
    /// <summary>Takes a batch into the buffer. Records that this aggregator has already seen are dropped, a batch whose predecessor it has not seen is refused.</summary>
    [Alias("Append"), ResponseTimeout("00:00:10")]
    ValueTask<AppendResult> AppendAsync(RowBatch batch);

    /// <summary>
    /// Waits, for a second at most, until everything of the partition up to <paramref name="offset"/> is committed. The caller asks again as long as it wants to know:
    /// a call that stays open would block the grain's deactivation.
    /// </summary>
    [Alias("WaitDurable"), AlwaysInterleave]
    ValueTask<DurableMark> WaitDurableAsync(string topic, int partition, long offset);

    /// <summary>Starts a flush of what is buffered and waits for its end, for a second at most.</summary>
    [Alias("Flush"), AlwaysInterleave]
    Task FlushAsync();

    /// <summary>What is buffered now, and how the last flush went.</summary>
    [Alias("GetBufferState"), AlwaysInterleave]
    ValueTask<BufferState> GetBufferStateAsync();
}
