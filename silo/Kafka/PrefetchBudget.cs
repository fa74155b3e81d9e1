namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// How many payload bytes may wait in the silo to be taken by their streams, all partitions together: a few partitions get what each may have, very many share. Thread safe.
/// </summary>
/// <param name="maxBytesPerPartition">Most of one partition. Bytes.</param>
/// <param name="maxBytes">Most of all; a record or two of each partition come on top. Bytes.</param>
internal sealed class PrefetchBudget(long maxBytesPerPartition, long maxBytes)
{
    private long _bytes;
    private int _partitions;

    /// <summary>Bytes that wait now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>At so many bytes a partition is full for now: at its own limit, or at its share while all have used up theirs. Bytes.</summary>
    public long Limit => Bytes < maxBytes ? maxBytesPerPartition : Math.Min(maxBytesPerPartition, maxBytes / Math.Max(1, Volatile.Read(ref _partitions)));

    /// <summary>Another partition takes part.</summary>
    public void Join() => Interlocked.Increment(ref _partitions);

    /// <summary>A partition takes part no longer.</summary>
    public void Leave() => Interlocked.Decrement(ref _partitions);

    /// <summary>Counts bytes that have come, or with a minus have gone.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
