using OtelOrleans.Grains.Sessions;

namespace OtelOrleans.Grains.Decoding;

/// <summary>What a payload may cost. One beyond a limit becomes a dead letter, with its original bytes; the same bytes always get the same verdict.</summary>
public sealed class DecodingOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Decoding";

    private const int MiB = 1 << 20;

    /// <summary>
    /// Largest value of a Kafka record that is decoded, as it is in Kafka. 64 MiB: far beyond the 1 MB that brokers allow by default, small enough to be held in memory a few times
    /// over. Bytes, 1 KiB to 512 MiB.
    /// </summary>
    public int MaxPayloadBytes { get; set; } = 64 * MiB;

    /// <summary>
    /// Largest payload that may come out of a compressed value. 64 MiB, as much as may come uncompressed: compressing buys a sender nothing. At most
    /// <see cref="FlowOptions.MaxUndurableBytesPerSilo"/>, or one payload would not fit the credit. Bytes, 1 KiB to 512 MiB.
    /// </summary>
    public int MaxDecompressedBytes { get; set; } = 64 * MiB;

    /// <summary>
    /// How many times its compressed size a payload may have, beyond the first MiB, which is free because a small repetitive payload shrinks to almost nothing.
    /// 100: payloads of real SDKs shrink 4 to 7 times, the best of 107 by 15; bombs reach 1,000 (gzip) and 32,000 (zstd). 2 to 100,000.
    /// </summary>
    public int MaxCompressionRatio { get; set; } = 100;

    /// <summary>
    /// Most spans, log records, metrics and data points of one payload. An empty record takes 2 bytes on the wire and some 100 to 1,000 as a row, so bytes alone do not bound it.
    /// 500,000: 64 MiB hold as many of 134 bytes, and collectors send some thousands. 1 to 1,000,000, at which the rows of one payload can come near the 2 GiB of an array.
    /// </summary>
    public int MaxRecordsPerPayload { get; set; } = 500_000;

    /// <summary>
    /// Encodings of whole topics, topic to name (<c>gzip</c>, <c>zstd</c>, <c>snappy</c>, …, <c>identity</c>), for values without a <c>content-encoding</c> header. Needed where a value does not
    /// show its encoding: raw snappy begins with no magic number. Other topics: told from the first bytes.
    /// </summary>
    public Dictionary<string, string> ContentEncodings { get; set; } = [];

    /// <summary>All that is wrong with the values, a line each.</summary>
    /// <param name="flow">The credit that a payload has to fit.</param>
    public IEnumerable<string> Problems(FlowOptions flow)
    {
        const int least = 1 << 10;
        const int most = 512 * MiB;
        foreach (var (name, value, from, to) in new[]
        {
            (nameof(MaxPayloadBytes), MaxPayloadBytes, least, most),
            (nameof(MaxDecompressedBytes), MaxDecompressedBytes, least, most),
            (nameof(MaxCompressionRatio), MaxCompressionRatio, 2, 100_000),
            (nameof(MaxRecordsPerPayload), MaxRecordsPerPayload, 1, 1_000_000),
        })
        {
            if (value < from || value > to)
            {
                yield return $"{Section}:{name} is {value}: give {from} to {to}";
            }
        }

        if (MaxDecompressedBytes > flow.MaxUndurableBytesPerSilo)
        {
            yield return $"{Section}:{nameof(MaxDecompressedBytes)} is {MaxDecompressedBytes}: give at most {FlowOptions.Section}:{nameof(flow.MaxUndurableBytesPerSilo)} "
                + $"({flow.MaxUndurableBytesPerSilo} bytes), which a single payload must fit";
        }

        foreach (var (topic, encoding) in ContentEncodings)
        {
            if (PayloadEncodings.Parse(encoding) is null)
            {
                yield return $"{Section}:{nameof(ContentEncodings)}:{topic} is '{encoding}': give one of {string.Join(", ", PayloadEncodings.Names)}";
            }
        }
    }
}
