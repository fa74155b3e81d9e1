namespace OtelOrleans.Grains.Aggregation;

/// <summary>When a service's buffer is flushed.</summary>
public sealed class AggregationOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Aggregation";

    /// <summary>Rows of one service that trigger a flush (<c>BATCH_SIZE</c>). 1 to 1,000,000.</summary>
    public int BatchSize { get; set; } = 5_000;

    /// <summary>Age of the oldest row that triggers a flush (<c>FLUSH_INTERVAL</c>, milliseconds). 10 ms to 10 min.</summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Encoded bytes of one service that trigger a flush, and about the most that one flush of it sends. Bytes, 64 KiB to 256 MiB.</summary>
    public int MaxFlushBytes { get; set; } = 8 << 20;

    /// <summary>Aggregators per service; a partition's rows always go to the same one. More than one helps when a single service outgrows one silo. 1 to 64.</summary>
    public int ShardsPerService { get; set; } = 1;

    /// <summary>All that is wrong with the values, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        if (BatchSize is < 1 or > 1_000_000)
        {
            yield return $"{Section}:{nameof(BatchSize)} (BATCH_SIZE) is {BatchSize}: give a number of rows from 1 to 1000000";
        }

        if (FlushInterval < TimeSpan.FromMilliseconds(10) || FlushInterval > TimeSpan.FromMinutes(10))
        {
            yield return $"{Section}:{nameof(FlushInterval)} (FLUSH_INTERVAL) is {FlushInterval.TotalMilliseconds} ms: give 10 to 600000 milliseconds";
        }

        if (MaxFlushBytes is < 64 << 10 or > 256 << 20)
        {
            yield return $"{Section}:{nameof(MaxFlushBytes)} is {MaxFlushBytes}: give 65536 to 268435456 bytes";
        }

        if (ShardsPerService is < 1 or > 64)
        {
            yield return $"{Section}:{nameof(ShardsPerService)} is {ShardsPerService}: give 1 to 64";
        }
    }
}
