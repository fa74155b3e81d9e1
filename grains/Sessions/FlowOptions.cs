namespace OtelOrleans.Grains.Sessions;

/// <summary>How much may be on its way between Kafka and Postgres.</summary>
public sealed class FlowOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Flow";

    /// <summary>Payload bytes of one partition that may be read and not yet committed; above it the partition is not read. Bytes, 1 MiB or more.</summary>
    public long MaxUndurableBytesPerPartition { get; set; } = 16 << 20;

    /// <summary>Payload bytes of all partitions of a silo that may be read and not yet committed: what bounds the silo's memory while Postgres is away. Bytes, 1 MiB or more.</summary>
    public long MaxUndurableBytesPerSilo { get; set; } = 96 << 20;

    /// <summary>A chunk whose rows no aggregator has accepted for so long breaks its session, which starts again from its resume point. 5 s or more.</summary>
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A session of which nothing became durable for so long, although aggregators have accepted rows of it, has them flushed and starts again from its resume point. Also happens, and
    /// does no harm, while Postgres is away. At least <see cref="DeliveryTimeout"/>.
    /// </summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>All that is wrong with the values, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        const long least = 1 << 20;
        if (MaxUndurableBytesPerPartition < least)
        {
            yield return $"{Section}:{nameof(MaxUndurableBytesPerPartition)} is {MaxUndurableBytesPerPartition}: give at least {least} bytes, the size of a large Kafka record";
        }

        if (MaxUndurableBytesPerSilo < MaxUndurableBytesPerPartition)
        {
            yield return $"{Section}:{nameof(MaxUndurableBytesPerSilo)} is {MaxUndurableBytesPerSilo}: give at least {nameof(MaxUndurableBytesPerPartition)} ({MaxUndurableBytesPerPartition} bytes)";
        }

        if (DeliveryTimeout < TimeSpan.FromSeconds(5))
        {
            yield return $"{Section}:{nameof(DeliveryTimeout)} is {DeliveryTimeout}: give at least 00:00:05, or ordinary pauses break sessions";
        }

        if (StallTimeout < DeliveryTimeout)
        {
            yield return $"{Section}:{nameof(StallTimeout)} is {StallTimeout}: give at least {nameof(DeliveryTimeout)} ({DeliveryTimeout}), or slow deliveries count as stalls";
        }
    }
}
