using OtelOrleans.Grains.Sessions;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// What a payload may cost. One beyond a limit becomes a dead letter, with its original bytes; attributes and values beyond theirs are cut, and the row's <c>lossless</c> has the original.
/// The same bytes always get the same verdict.
/// </summary>
public sealed class DecodingOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Decoding";

    /// <summary>The most that <see cref="MaxDepth"/> may be.</summary>
    internal const int MostDepth = 64;

    private const int KiB = 1 << 10;
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
    /// Most resources, scopes, spans, log records, metrics, data points and exemplars of one payload, all together. An empty record takes 2 bytes on the wire and some 100 to 1,000 as a row, so bytes alone do not bound it.
    /// 500,000: 64 MiB hold as many of 134 bytes, and collectors send some thousands. 1 to 1,000,000, at which the rows of one payload can come near the 2 GiB of an array.
    /// </summary>
    public int MaxRecordsPerPayload { get; set; } = 500_000;

    /// <summary>
    /// Most services of one payload. Each has buffers of its own here, an aggregator, and a row in the ledger. 10,000: collectors batch by 8,192 items, each of which could be of another
    /// service. 1 to 100,000.
    /// </summary>
    public int MaxServicesPerPayload { get; set; } = 10_000;

    /// <summary>
    /// Largest single span, log record, data point, resource, scope, or description of a metric. Larger spans and log records are dead letters by themselves, of the others the payload.
    /// 4 MiB, four times what brokers let through by default: 2 bytes can be an element of a list, and 2 million of them take Postgres 1 s and 200 MB to read. 1 KiB to 16 MiB.
    /// </summary>
    public int MaxRecordBytes { get; set; } = 4 * MiB;

    /// <summary>
    /// Most attributes of a resource, scope, span, event, link, log record, data point or exemplar; the first ones stay. Maps within a value count as values. 1,024: SDKs stop at 128 by
    /// default, and jsonb reads and writes all of them for any of them. 1 to 65,536.
    /// </summary>
    public int MaxAttributes { get; set; } = 1_024;

    /// <summary>
    /// Longest string, or bytes, of an attribute's value or within it; of longer ones the beginning stays, up to a whole character, and a mark with the length. Not of a log record's body
    /// that is a string: that is a column of its own. 256 KiB: beyond what a person reads or a query compares, and it would be decompressed with all attributes whenever one is asked for; jsonb
    /// itself refuses 256 MiB. 256 bytes to 16 MiB.
    /// </summary>
    public int MaxAttributeValueBytes { get; set; } = 256 * KiB;

    /// <summary>
    /// Levels of lists and maps within a value; a deeper one is null. 32: far beyond what people send. 1 to 64, which is what a payload in JSON may have of them.
    /// </summary>
    public int MaxDepth { get; set; } = 32;

    /// <summary>
    /// Most events, links, lists and maps of one span, log record, resource and so on, all together; those beyond are left out, or null within a value. 16,384: 128 events and 128 links are the
    /// limits of SDKs. Each may be 2 bytes and takes Postgres 5 µs and 1 kB of memory to read; at a million it needs a gigabyte, and soon longer than <c>CommandTimeout</c>. 1 to 262,144.
    /// </summary>
    public int MaxLists { get; set; } = 16_384;

    /// <summary>
    /// Encodings of whole topics, topic to <c>otlp_proto</c>, <c>otlp_json</c> or <c>auto</c>; a payload of another one is then a dead letter. Other topics: as each payload's first byte tells.
    /// </summary>
    public Dictionary<string, string> Encodings { get; set; } = [];

    /// <summary>
    /// Compression of whole topics, topic to name (<c>gzip</c>, <c>zstd</c>, <c>snappy</c>, …, <c>identity</c>), for values without a <c>content-encoding</c> header. Needed where a value does not
    /// show its encoding: raw snappy begins with no magic number. Other topics: told from the first bytes.
    /// </summary>
    public Dictionary<string, string> ContentEncodings { get; set; } = [];

    /// <summary>All that is wrong with the values, a line each.</summary>
    /// <param name="flow">The credit that a payload has to fit.</param>
    public IEnumerable<string> Problems(FlowOptions flow)
    {
        const int least = 1 * KiB;
        const int most = 512 * MiB;
        foreach (var (name, value, from, to) in new[]
        {
            (nameof(MaxPayloadBytes), MaxPayloadBytes, least, most),
            (nameof(MaxDecompressedBytes), MaxDecompressedBytes, least, most),
            (nameof(MaxCompressionRatio), MaxCompressionRatio, 2, 100_000),
            (nameof(MaxRecordsPerPayload), MaxRecordsPerPayload, 1, 1_000_000),
            (nameof(MaxServicesPerPayload), MaxServicesPerPayload, 1, 100_000),
            (nameof(MaxRecordBytes), MaxRecordBytes, 1 * KiB, 16 * MiB),
            (nameof(MaxAttributes), MaxAttributes, 1, 65_536),
            (nameof(MaxAttributeValueBytes), MaxAttributeValueBytes, 256, 16 * MiB),
            (nameof(MaxDepth), MaxDepth, 1, MostDepth),
            (nameof(MaxLists), MaxLists, 1, 262_144),
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

        foreach (var (topic, encoding) in Encodings)
        {
            if (!PayloadFormats.Names.Contains(encoding))
            {
                yield return $"{Section}:{nameof(Encodings)}:{topic} is '{encoding}': give one of {string.Join(", ", PayloadFormats.Names)}";
            }
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
