using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class PayloadEncodingTests
{
    public static TheoryData<string, string, bool> Codecs
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (var (way, header, hasMagic) in PayloadCodecs.All)
            {
                data.Add(way, header, hasMagic);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Codecs))]
    public void A_compressed_payload_gives_the_rows_of_the_plain_one(string way, string header, bool hasMagic)
    {
        var files = Directory.GetFiles(Corpus(""), "*.pb").Order().ToArray();
        Assert.True(files.Length >= 6);
        foreach (var file in files)
        {
            var payload = File.ReadAllBytes(file);
            var value = PayloadCodecs.Compress(way, payload);
            var expected = Decode(SignalOf(file), payload);
            AssertSame(expected, DecodeValue(SignalOf(file), value, header));
            AssertSame(expected, DecodeValue(SignalOf(file), value, header.ToUpperInvariant()));
            if (hasMagic)
            {
                AssertSame(expected, DecodeValue(SignalOf(file), value, null));
            }
            else
            {
                Assert.Equal(DeadLetterReason.MalformedPayload, Refusal(DecodeValue(SignalOf(file), value, null), value).Reason);
            }

            AssertSame(expected, DecodeValue(SignalOf(file), value, null, new() { ContentEncodings = { ["otlp"] = header } }));
        }
    }

    [Theory, MemberData(nameof(Codecs))]
    public void One_decoder_opens_one_payload_after_the_other(string way, string header, bool hasMagic)
    {
        // The buffer is reused: nothing of a long payload may be seen behind a short one, nor of a refused one.
        byte[] small = Traces("small", NewSpan()).ToByteArray(), large = Traces("large", [.. Enumerable.Range(0, 5000).Select(i => NewSpan(s => s.Name = $"span {i}"))]).ToByteArray();
        PayloadRecord[] records =
        [
            new(1, 0, Signal.Traces, PayloadCodecs.Compress(way, large), header),
            new(2, 0, Signal.Traces, PayloadCodecs.Compress(way, small).AsMemory(..^1), header),
            new(3, 0, Signal.Traces, PayloadCodecs.Compress(way, small), header),
            new(4, 0, Signal.Traces, small, "identity"),
            new(5, 0, Signal.Traces, small, hasMagic ? null : "identity"),
        ];
        using var decoder = NewDecoder();
        for (var round = 0; round < 2; round++)
        {
            var batches = decoder.Decode(new("otlp", 3, 1, 1, records));
            Assert.Equal(["large", "unknown_service", "small"], batches.Select(b => b.ServiceName));
            Assert.Equal([5000], batches[0].Batch.Tables[0].RecordRows);
            Assert.Equal([3, 4, 5], batches[2].Batch.Offsets);
            Assert.Equal([1, 1, 1], batches[2].Batch.Tables[0].RecordRows);
        }
    }

    [Fact]
    public void The_header_beats_the_first_bytes()
    {
        var value = PayloadCodecs.Compress("gzip", Traces("shop", NewSpan()).ToByteArray());
        Assert.Equal(DeadLetterReason.DecompressionFailed, Refusal(DecodeValue(Signal.Traces, value, "zstd"), value).Reason);
        Assert.Equal(DeadLetterReason.MalformedPayload, Refusal(DecodeValue(Signal.Traces, value, "identity"), value).Reason);
    }

    [Fact]
    public void The_header_beats_the_topics_encoding_and_that_beats_the_first_bytes()
    {
        var payload = Traces("shop", NewSpan()).ToByteArray();
        var options = new DecodingOptions { ContentEncodings = { ["otlp"] = "snappy", ["other"] = "gzip" } };
        AssertSame(Decode(Signal.Traces, payload), DecodeValue(Signal.Traces, PayloadCodecs.Compress("zstd", payload), "zstd", options));
        var gzip = PayloadCodecs.Compress("gzip", payload);
        Assert.Equal(DeadLetterReason.DecompressionFailed, Refusal(DecodeValue(Signal.Traces, gzip, null, options), gzip).Reason);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip, zstd")]
    [InlineData("g\0zip\uFFFF")]
    public void An_encoding_that_nobody_knows_is_a_dead_letter_that_names_it(string name)
    {
        var value = Traces("shop", NewSpan()).ToByteArray();
        var (reason, error) = Refusal(DecodeValue(Signal.Traces, value, name), value);
        Assert.Equal(DeadLetterReason.UnknownEncoding, reason);
        Assert.Contains(name.Replace('\0', '\uFFFD'), error, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Codecs))]
    public void Nothing_compressed_is_nothing_at_all(string way, string header, bool hasMagic)
    {
        Assert.True(hasMagic || header.Length > 0);
        var value = PayloadCodecs.Compress(way, []);
        if (value.Length > 0)
        {
            Assert.Empty(DecodeValue(Signal.Traces, value, header));
        }
    }

    [Fact]
    public void A_chunk_can_be_decoded_in_parts()
    {
        var payloads = Directory.GetFiles(Corpus(""), "*-traces-*.pb").Order().Select(File.ReadAllBytes).ToArray();
        var chunk = Chunk(Signal.Traces, [.. payloads, [], .. payloads]);
        using var decoder = NewDecoder();
        List<long> offsets = [];
        var bytes = 0L;
        for (var next = 0; next < chunk.Records.Count;)
        {
            var before = next;
            var part = decoder.Decode(chunk, ref next, 1, out var decoded);

            // A part has one payload; empty ones cost nothing and end none.
            Assert.InRange(next, before + 1, before + 2);
            offsets.AddRange(part.SelectMany(b => b.Batch.Offsets).Distinct());
            bytes += decoded;
        }

        Assert.InRange(bytes, payloads.Sum(p => (long)p.Length) * 2, long.MaxValue);
        Assert.Equal(chunk.Records.Where(r => r.Value.Length > 0).Select(r => r.Offset), offsets);
    }

    [Fact]
    public void A_part_ends_by_its_rows_where_they_are_larger_than_their_payloads()
    {
        // A log record without a field takes two bytes on the wire.
        var scope = new ScopeLogs { LogRecords = { Enumerable.Range(0, 1000).Select(_ => new LogRecord()) } };
        var payload = new LogsData { ResourceLogs = { new ResourceLogs { ScopeLogs = { scope } } } }.ToByteArray();
        var chunk = Chunk(Signal.Logs, [payload, payload, payload]);
        using var decoder = NewDecoder();
        var next = 0;

        var part = Assert.Single(decoder.Decode(chunk, ref next, payload.Length * 2, out var bytes));

        Assert.Equal(1, next);
        Assert.Equal(part.Batch.Tables.Sum(t => t.Bytes.Length) + part.Batch.Dimensions.Sum(d => d.Bytes.Length), bytes);
        Assert.InRange(bytes, payload.Length * 10, long.MaxValue);
    }

    internal static void AssertSame(IReadOnlyList<DecodedBatch> expected, IReadOnlyList<DecodedBatch> actual)
    {
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Select(b => b.ServiceName), actual.Select(b => b.ServiceName));
        foreach (var (one, other) in expected.Zip(actual))
        {
            Assert.Equal(one.Batch.Tables.Select(t => t.Layout), other.Batch.Tables.Select(t => t.Layout));
            Assert.Equal(one.Batch.Dimensions.Select(t => t.Bytes), other.Batch.Dimensions.Select(t => t.Bytes));
            foreach (var (table, same) in one.Batch.Tables.Zip(other.Batch.Tables))
            {
                Assert.NotEqual(CopyLayouts.DeadLetters.Id, table.Layout);
                Assert.True(table.Bytes.Span.SequenceEqual(same.Bytes.Span));
            }
        }
    }
}
