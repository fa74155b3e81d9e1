using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using Google.Protobuf;
using Microsoft.Extensions.Configuration;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class PayloadLimitTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public void A_value_beyond_the_limit_is_not_even_looked_at()
    {
        var payload = Traces("shop", NewSpan(s => s.Name = new string('x', 4000))).ToByteArray();
        Assert.Single(Rows(DecodeValue(Signal.Traces, payload, null, new() { MaxPayloadBytes = payload.Length }), CopyLayouts.Spans));
        var (reason, error) = Refusal(DecodeValue(Signal.Traces, payload, "nonsense", new() { MaxPayloadBytes = payload.Length - 1 }), payload);
        Assert.Equal(DeadLetterReason.PayloadTooLarge, reason);
        Assert.Contains("MaxPayloadBytes", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_after_decompression_is_exact_for_every_codec()
    {
        var payload = File.ReadAllBytes(Corpus("dotnet-frontend-traces-0005.pb"));
        foreach (var (way, header, _) in PayloadCodecs.All)
        {
            var value = PayloadCodecs.Compress(way, payload);
            PayloadEncodingTests.AssertSame(Decode(Signal.Traces, payload), DecodeValue(Signal.Traces, value, header, new() { MaxDecompressedBytes = payload.Length }));
            var (reason, error) = Refusal(DecodeValue(Signal.Traces, value, header, new() { MaxDecompressedBytes = payload.Length - 1 }), value);
            Assert.Equal((way, DeadLetterReason.DecompressionLimit), (way, reason));
            Assert.Contains("MaxDecompressedBytes", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_ratio_counts_beyond_the_first_mebibyte()
    {
        // Of one byte over and over gzip makes a thousandth.
        var options = new DecodingOptions { MaxCompressionRatio = 10 };
        Assert.Equal(DeadLetterReason.MalformedPayload, ReasonOf(PayloadOpener.FreeBytes));
        Assert.Equal(DeadLetterReason.DecompressionLimit, ReasonOf(2 * PayloadOpener.FreeBytes));
        options.MaxCompressionRatio = 2000;
        Assert.Equal(DeadLetterReason.MalformedPayload, ReasonOf(2 * PayloadOpener.FreeBytes));

        string ReasonOf(int length)
        {
            var value = PayloadCodecs.Compress("gzip", new byte[length]);
            return Refusal(DecodeValue(Signal.Traces, value, null, options), value).Reason;
        }
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("zlib", "deflate")]
    [InlineData("zstd", "zstd")]
    [InlineData("zstd without size", "zstd")]
    [InlineData("snappy", "snappy")]
    [InlineData("snappy framed", "snappy")]
    [InlineData("snappy xerial", "snappy")]
    [InlineData("lz4", "lz4")]
    [InlineData("lz4 with check sums", "lz4")]
    public void A_bomb_costs_no_more_memory_than_the_limit(string way, string header)
    {
        var value = PayloadCodecs.Compress(way, new byte[128 * MiB]);
        var options = new DecodingOptions { MaxDecompressedBytes = 8 * MiB };
        var bound = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(options.MaxDecompressedBytes, PayloadOpener.FreeBytes + options.MaxCompressionRatio * (long)value.Length));
        using var opener = new PayloadOpener(options);
        Assert.Equal(DeadLetterReason.DecompressionLimit, Refused(opener, value, header));
        Assert.InRange(opener.BufferBytes, 0, bound);
        if (way is "zstd" or "snappy")
        {
            // It says so itself: nothing is rented.
            Assert.Equal(0, opener.BufferBytes);
        }

        // The array in all the sizes through which it grew, and what the codec needs: LZ4's blocks are of up to 4 MiB.
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(DeadLetterReason.DecompressionLimit, Refused(opener, value, header));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2L * bound + MiB);
        opener.Clear();
        Assert.InRange(opener.BufferBytes, 0, 4 * MiB);
    }

    [Fact]
    public void Sizes_that_headers_claim_are_not_believed()
    {
        using var opener = new PayloadOpener(new());

        // Snappy, zstd and LZ4 that claim gigabytes and hold nothing; with lies below the limit no more than the limit is rented.
        byte[] snappy = [0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0];
        Assert.Equal(DeadLetterReason.DecompressionLimit, Refused(opener, snappy, "snappy"));
        byte[] zstd = [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0];
        Assert.Equal(DeadLetterReason.DecompressionLimit, Refused(opener, zstd, "zstd"));
        BinaryPrimitives.WriteInt64LittleEndian(zstd.AsSpan(5), -1);
        Assert.Equal(DeadLetterReason.DecompressionLimit, Refused(opener, zstd, "zstd"));
        byte[] descriptor = [0x68, 0x40, 0, 0, 0, 0, 0, 1, 0, 0];
        byte[] lz4 = [0x04, 0x22, 0x4D, 0x18, .. descriptor, (byte)(XxHash32.HashToUInt32(descriptor) >> 8), 0, 0, 0, 0];
        Assert.Equal(DeadLetterReason.DecompressionLimit, Refused(opener, lz4, "lz4"));
        Assert.Equal(0, opener.BufferBytes);
        BinaryPrimitives.WriteInt64LittleEndian(zstd.AsSpan(5), MiB);
        Assert.Equal(DeadLetterReason.DecompressionFailed, Refused(opener, zstd, "zstd"));
        Assert.InRange(opener.BufferBytes, 0, 2 * MiB);
    }

    [Fact]
    public void A_zstd_window_beyond_the_limit_is_not_granted()
    {
        // A window of 2 GiB, wanted by a frame that does not say its size.
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 1, 0, 0];
        var (reason, error) = Refusal(DecodeValue(Signal.Traces, frame, null), frame);
        Assert.Equal(DeadLetterReason.DecompressionLimit, reason);
        Assert.Contains("window", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Real_payloads_stay_far_within_the_ratio()
    {
        var worst = Directory.GetFiles(Corpus(""), "*.pb").Select(File.ReadAllBytes)
            .Max(p => p.Length / (double)PayloadCodecs.Streamed(p, s => new ZstdSharp.CompressionStream(s, 19)).Length);
        Assert.InRange(worst, 2, new DecodingOptions().MaxCompressionRatio / 3.0);
    }

    [Fact]
    public void Too_many_records_are_one_dead_letter()
    {
        var metric = new Metric { Name = "m", Gauge = new() { DataPoints = { Enumerable.Range(0, 9).Select(i => new NumberDataPoint { AsInt = i, TimeUnixNano = 1 }) } } };
        var exemplars = new Metric { Name = "m", Gauge = new() { DataPoints = { new NumberDataPoint { TimeUnixNano = 1, Exemplars = { Enumerable.Range(0, 8).Select(_ => new Exemplar()) } } } } };

        // With them count their resources and scopes, which may be as many.
        (Signal Signal, byte[] Payload, CopyLayout Layout, int Rows, int Counted)[] payloads =
        [
            (Signal.Traces, Join([.. Enumerable.Range(0, 5).Select(i => Traces($"s{i}", NewSpan(), NewSpan()).ToByteArray())]), CopyLayouts.Spans, 10, 20),
            (Signal.Logs, Logs("shop", [.. Enumerable.Range(0, 10).Select(_ => new LogRecord())]).ToByteArray(), CopyLayouts.LogRecords, 10, 12),
            (Signal.Metrics, Metrics("shop", metric).ToByteArray(), CopyLayouts.NumberPoints, 9, 12),
            (Signal.Metrics, Metrics("shop", exemplars).ToByteArray(), CopyLayouts.Exemplars, 8, 12),
        ];
        foreach (var (signal, payload, layout, rows, counted) in payloads)
        {
            Assert.Equal(rows, Rows(DecodeValue(signal, payload, null, new() { MaxRecordsPerPayload = counted }), layout).Count);
            var (reason, error) = Refusal(DecodeValue(signal, payload, null, new() { MaxRecordsPerPayload = counted - 1 }), payload);
            Assert.Equal(DeadLetterReason.TooManyRecords, reason);
            Assert.Contains("MaxRecordsPerPayload", error, StringComparison.Ordinal);
        }

        // Each payload counts for itself.
        using var decoder = NewDecoder(new() { MaxRecordsPerPayload = 12 });
        Assert.Equal(20, Rows(decoder.Decode(Chunk(Signal.Logs, payloads[1].Payload, payloads[1].Payload)), CopyLayouts.LogRecords).Count);
    }

    [Fact]
    public void Opening_what_fits_the_buffer_allocates_nothing_that_grows_with_it()
    {
        var payload = File.ReadAllBytes(Corpus("dotnet-frontend-traces-0005.pb"));
        foreach (var (way, header, _) in PayloadCodecs.All)
        {
            var record = new PayloadRecord(1, 0, Signal.Traces, PayloadCodecs.Compress(way, payload), header);
            using var opener = new PayloadOpener(new());
            opener.Open(record, "otlp");
            opener.Open(record, "otlp");
            var before = GC.GetAllocatedBytesForCurrentThread();
            opener.Open(record, "otlp");
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            // A few objects of the codec's library, per block with snappy; zstd, the usual choice, has none.
            Assert.True(allocated <= (way.StartsWith("zstd", StringComparison.Ordinal) ? 0 : 2048), $"{way}: {allocated}");
        }
    }

    [Fact]
    public void Defaults_are_right_and_every_wrong_value_is_reported()
    {
        Assert.Empty(new DecodingOptions().Problems(new FlowOptions()));
        var wrong = new DecodingOptions
        {
            MaxPayloadBytes = 0,
            MaxDecompressedBytes = int.MaxValue,
            MaxCompressionRatio = 1,
            MaxRecordsPerPayload = 2_000_000,
            MaxServicesPerPayload = 0,
            MaxRecordBytes = 17 * MiB,
            MaxAttributes = 0,
            MaxAttributeValueBytes = 255,
            MaxDepth = 65,
            MaxLists = 0,
            Encodings = { ["a.c"] = "json" },
            ContentEncodings = { ["a.b"] = "brotli", ["c"] = "Snappy" },
        };
        var problems = wrong.Problems(new FlowOptions()).ToList();
        Assert.Equal(13, problems.Count);
        Assert.All(problems, p => Assert.Contains("OtelOrleans:Decoding:", p, StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Contains("a.b", StringComparison.Ordinal) && p.Contains("zstd", StringComparison.Ordinal));
        Assert.Contains(new DecodingOptions().Problems(new FlowOptions { MaxUndurableBytesPerSilo = 32 * MiB }), p => p.Contains("MaxUndurableBytesPerSilo", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_are_read_from_the_configuration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OtelOrleans:Decoding:MaxPayloadBytes"] = "123456",
            ["OtelOrleans:Decoding:ContentEncodings:telemetry.raw"] = "snappy",
        }).Build();
        var options = OtelOrleansOptions.Read(configuration).Decoding;
        Assert.Equal((123456, "snappy"), (options.MaxPayloadBytes, options.ContentEncodings["telemetry.raw"]));
        configuration["OtelOrleans:Decoding:ContentEncodings:telemetry.raw"] = "brotli";
        Assert.Contains("telemetry.raw", Assert.Throws<OptionsException>(() => OtelOrleansOptions.Read(configuration)).Message, StringComparison.Ordinal);
    }

    private static string Refused(PayloadOpener opener, byte[] value, string header) =>
        Assert.Throws<RefusedPayloadException>(() => { opener.Open(new(1, 0, Signal.Traces, value, header), "otlp"); }).Reason;
}
