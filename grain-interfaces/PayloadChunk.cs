namespace OtelOrleans.GrainInterfaces;

/// <summary>
/// The records of one poll of one topic-partition, in offset order. Travels from the Kafka receiver to a decoder grain of the same silo, never over the network.
/// </summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="Session">The run of the partition that polled it; see <c>PartitionSession</c>.</param>
/// <param name="Sequence">1, 2, 3 … within the session; the order in which chunks are admitted.</param>
/// <param name="Records">At least one record, offsets ascending.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.PayloadChunk")]
public sealed record PayloadChunk(
    [property: Id(0)] string Topic,
    [property: Id(1)] int Partition,
    [property: Id(2)] long Session,
    [property: Id(3)] long Sequence,
    [property: Id(4)] IReadOnlyList<PayloadRecord> Records)
{
    /// <summary>The topic's name in ledger and dead letters: its own, unless its offsets have started over (<c>otel.topic_incarnations</c>).</summary>
    [Id(5)]
    public string StoredTopic { get; init; } = Topic;

    /// <summary>Offset of the last record.</summary>
    public long LastOffset => Records[^1].Offset;
}

/// <summary>One Kafka record as the decoder needs it.</summary>
/// <param name="Offset">Kafka offset.</param>
/// <param name="TimestampUnixMs">Kafka timestamp, milliseconds since 1970.</param>
/// <param name="Signal">From the topic, or from the header <c>otelcol.signal</c>.</param>
/// <param name="Value">
/// The record's value as stored in Kafka; empty for a tombstone. Not to be changed. The beginning of an array that may be larger and come from a pool: who decodes it gives it back, and nobody
/// reads it after that.
/// </param>
/// <param name="ContentEncoding">How the value is compressed, as the header <c>content-encoding</c> says it; null where there is no such header.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.PayloadRecord")]
public readonly record struct PayloadRecord(
    [property: Id(0)] long Offset,
    [property: Id(1)] long TimestampUnixMs,
    [property: Id(2)] Signal Signal,
    [property: Id(3)] ReadOnlyMemory<byte> Value,
    [property: Id(4)] string? ContentEncoding = null);
