using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Payloads made to cost more than they are worth: work and memory stay linear in their bytes, or they are refused.</summary>
public sealed class HostilePayloadTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public void A_payload_of_very_many_services_is_refused_before_they_cost_much()
    {
        // No span in any of them: only the names.
        var payload = Join([.. Enumerable.Range(0, 150_000).Select(i => Field(1, Field(1, Resource($"{i}").ToByteArray())))]);
        var (batches, allocated) = Cost(Signal.Traces, payload);
        var (reason, error) = Refusal(batches, payload);
        Assert.Equal(DeadLetterReason.TooManyServices, reason);
        Assert.Contains("MaxServicesPerPayload", error, StringComparison.Ordinal);

        // Of which half are the resources, the bytes of which the cache bounds.
        Assert.InRange(allocated, 0, 10_000 * 6_144L + payload.Length);
    }

    [Fact]
    public void As_many_services_as_a_batch_of_a_collector_may_have_are_stored()
    {
        var payload = Join([.. Enumerable.Range(0, 8_192).Select(i => Traces($"s{i}", NewSpan()).ToByteArray())]);
        var (batches, allocated) = Cost(Signal.Traces, payload);
        Assert.Equal(8_192, batches.Count);
        Assert.InRange(allocated, 0, 8_192 * 10_240L);
    }

    [Fact]
    public void A_chunk_of_many_services_is_decoded_in_parts()
    {
        var payloads = Enumerable.Range(0, 20).Select(i => Join([.. Enumerable.Range(0, 400).Select(j => Traces($"{i}.{j}", NewSpan()).ToByteArray())])).ToArray();
        using var decoder = NewDecoder();
        var chunk = Chunk(Signal.Traces, payloads);
        List<int> parts = [];
        for (var next = 0; next < payloads.Length;)
        {
            parts.Add(decoder.Decode(chunk, ref next, long.MaxValue, out _).Count);
        }

        Assert.Equal([1_200, 1_200, 1_200, 1_200, 1_200, 1_200, 800], parts);
        Assert.Equal(8_000, decoder.Decode(chunk).Count);
    }

    [Fact]
    public void Rows_of_many_times_the_payload_are_refused()
    {
        // Two bytes each, and a row with a name of 765 bytes.
        var payload = EmptyLogs(new string('漢', 255), 100_000);
        var (batches, allocated) = Cost(Signal.Logs, payload, new() { MaxPayloadBytes = MiB, MaxDecompressedBytes = MiB });
        Assert.Equal(DeadLetterReason.RowsTooLarge, Refusal(batches, payload).Reason);

        // The array through which it grew, and the ones in which it was.
        Assert.InRange(allocated, 0, 5L * 64 * MiB);
    }

    [Theory]
    [InlineData(1, "exemplars of a point")]
    [InlineData(2, "scopes without anything")]
    [InlineData(3, "resources without anything")]
    public void What_makes_rows_or_work_counts_as_a_record(int kind, string what)
    {
        Assert.NotEmpty(what);
        var many = Repeat(kind == 1 ? [0x2A, 0] : kind == 2 ? [0x12, 0] : [0x0A, 0], 600_000);
        var payload = kind switch
        {
            1 => Request("shop", Field(5, Field(1, [0x19, 1, 0, 0, 0, 0, 0, 0, 0, .. many]))),
            2 => Field(1, many),
            _ => many,
        };
        var (batches, allocated) = Cost(Signal.Metrics, payload);
        Assert.Equal(DeadLetterReason.TooManyRecords, Refusal(batches, payload).Reason);
        Assert.InRange(allocated, 0, 256L * MiB);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Metadata_of_a_metric_is_not_read_for_each_of_its_series(bool isWithin)
    {
        // Two million fields that nobody knows: within an attribute, or between two. Read for each of 20,000 series they would take minutes.
        var unknown = Repeat([0x78, 1], 2_000_000);
        var metadata = isWithin ? Field(12, Field(1, "k"u8.ToArray()), unknown) : Join(Field(12, Field(1, "k"u8.ToArray())), unknown, Field(12, Field(1, "l"u8.ToArray())));
        var points = Join([.. Enumerable.Range(0, 20_000).Select(i => Field(1, new NumberDataPoint { TimeUnixNano = 1, AsInt = i, Attributes = { Attribute("i", Value(i)) } }.ToByteArray()))]);
        var (batches, allocated) = Cost(Signal.Metrics, Request("shop", Join(Field(1, "m"u8.ToArray()), metadata, Field(5, points))));
        Assert.Equal(20_000, Rows(batches, CopyLayouts.NumberPoints).Count);
        Assert.Equal(20_000, Dimensions(batches, CopyLayouts.MetricSeries).Count);
        Assert.InRange(allocated, 0, 20_000 * 10_240L + 64 * MiB);
    }

    [Fact]
    public void A_description_that_each_series_repeats_is_refused_when_it_becomes_too_much()
    {
        var points = Join([.. Enumerable.Range(0, 50_000).Select(i => Field(1, new NumberDataPoint { TimeUnixNano = 1, Attributes = { Attribute("i", Value(i)) } }.ToByteArray()))]);
        var payload = Request("shop", Join(Field(1, "m"u8.ToArray()), Field(2, new byte[MiB]), Field(5, points)));
        var (batches, allocated) = Cost(Signal.Metrics, payload, new() { MaxPayloadBytes = 4 * MiB, MaxDecompressedBytes = 4 * MiB });
        Assert.Equal(DeadLetterReason.RowsTooLarge, Refusal(batches, payload).Reason);

        // 1 MiB of NUL is 3 as text and 1 in the original: some 16 series, with the buffers in which each is made.
        Assert.InRange(allocated, 64L * MiB, 640L * MiB);
    }

    [Fact]
    public void Very_many_keys_are_compared_without_comparing_each_with_each()
    {
        // They end alike and have one length, so their bits are the same. Each with each would be ten billion comparisons.
        var keys = Enumerable.Range(0, 140_000).Select(i => new KeyValue { Key = $"{i:D6}.common.ending" });
        var map = new AnyValue { KvlistValue = new() { Values = { keys } } };
        var span = NewSpan(s => s.Attributes.Add(Attribute("map", map)));
        Assert.Null(SpanRow(Traces("shop", span).ToByteArray())["lossless"]);
        map.KvlistValue.Values.Add(map.KvlistValue.Values[77].Clone());
        Assert.Equal(span.ToByteArray(), SpanRow(Traces("shop", span).ToByteArray()).Bytes("lossless"));
    }

    [Fact]
    public void Values_in_parts_are_merged_up_to_a_bound_at_every_level_of_lists()
    {
        // Each of 60 levels in two parts. Held at once, and grown by doubling, 10 MiB would be a gigabyte.
        var options = new DecodingOptions { MaxDepth = 64 };
        var (small, cost) = Cost(Signal.Traces, Nested(200_000, 1), options);
        Assert.Equal(60, Depth(Assert.Single(Rows(small, CopyLayouts.Spans)).Json("attributes").GetProperty("k").GetRawText()));
        Assert.InRange(cost, 0, 80 * 400_000L);
        var payload = Nested(2 * MiB, 1);
        var (refused, refusedCost) = Cost(Signal.Traces, payload, options);
        Assert.Equal(DeadLetterReason.MalformedPayload, Refusal(refused, payload).Reason);
        Assert.InRange(refusedCost, 0, 16L * MiB);

        // An empty part adds nothing, so nothing is copied.
        var (whole, wholeCost) = Cost(Signal.Traces, Nested(2 * MiB, 0), options);
        Assert.Single(Rows(whole, CopyLayouts.Spans));
        Assert.InRange(wholeCost, 0, 16L * MiB);

        static byte[] Nested(int bytes, int more)
        {
            var value = Field(1, new byte[bytes]);
            for (var i = 0; i < 60; i++)
            {
                value = Join(Field(5, Field(1, value)), Field(5, Repeat([0x0A, 0], more)));
            }

            return Request("shop", Join(NewSpan().ToByteArray(), Field(9, Field(1, "k"u8.ToArray()), Field(2, value))));
        }

        static int Depth(string json) => json.TakeWhile(c => c == '[').Count();
    }

    [Fact]
    public void A_span_or_log_record_that_is_too_large_is_a_dead_letter_alone()
    {
        var options = new DecodingOptions { MaxRecordBytes = 2_000 };
        Span fits = NewSpan(s => s.Name = new string('x', 1_800)), large = NewSpan(s => s.Name = new string('x', 2_000));
        var spans = DecodeValue(Signal.Traces, Traces("shop", fits, large, fits).ToByteArray(), null, options);
        Assert.Equal(2, Rows(spans, CopyLayouts.Spans).Count);
        Check(Assert.Single(Rows(spans, CopyLayouts.DeadLetters)), large);
        LogRecord smallLog = new() { TimeUnixNano = 1 }, largeLog = new() { TimeUnixNano = 1, Body = Value(new string('x', 2_000)) };
        var logs = DecodeValue(Signal.Logs, Logs("shop", smallLog, largeLog, smallLog).ToByteArray(), null, options);
        Assert.Equal(2, Rows(logs, CopyLayouts.LogRecords).Count);
        Check(Assert.Single(Rows(logs, CopyLayouts.DeadLetters)), largeLog);

        static void Check(RowReader.Row letter, IMessage message)
        {
            Assert.Equal((DeadLetterReason.RecordTooLarge, 1), (letter.Text("reason"), letter["item_index"]));
            Assert.Equal(message.ToByteArray(), letter.Bytes("payload"));
            Assert.Contains("MaxRecordBytes", letter.Text("error"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_resource_scope_metric_or_point_that_is_too_large_makes_its_payload_a_dead_letter()
    {
        var text = new string('x', 2_000);
        var point = new NumberDataPoint { TimeUnixNano = 1, AsInt = 1 };
        var resource = Metrics(text, new Metric { Name = "m", Gauge = new() { DataPoints = { point } } });
        var scope = Metrics("shop", new Metric { Name = "m", Gauge = new() { DataPoints = { point } } });
        scope.ResourceMetrics[0].ScopeMetrics[0].Scope.Name = text;
        var header = Metrics("shop", new Metric { Name = "m", Description = text, Gauge = new() { DataPoints = { point } } });
        var large = Metrics("shop", new Metric { Name = "m", Gauge = new() { DataPoints = { point, new NumberDataPoint { TimeUnixNano = 1, Attributes = { Attribute("k", Value(text)) } } } } });
        foreach (var (payload, what) in new[] { (resource, "resource"), (scope, "scope"), (header, "metric"), (large, "data point") })
        {
            var value = payload.ToByteArray();
            var (reason, error) = Refusal(DecodeValue(Signal.Metrics, value, null, new() { MaxRecordBytes = 1_999 }), value);
            Assert.Equal(DeadLetterReason.RecordTooLarge, reason);
            Assert.Contains($"A {what} ", error, StringComparison.Ordinal);
            Assert.Single(Rows(DecodeValue(Signal.Metrics, value, null, new() { MaxRecordBytes = 3_000 }), CopyLayouts.NumberPoints).Take(1));
        }
    }

    [Fact]
    public void Attributes_of_a_resource_beyond_what_anybody_means_are_not_sorted()
    {
        // Two bytes each; sorting takes some hundred for each of them.
        var payload = Field(1, Field(1, [.. Resource("shop").ToByteArray(), .. Repeat([0x0A, 0], 2_000_000)]), Field(2, Field(2, NewSpan().ToByteArray())));
        var (batches, allocated) = Cost(Signal.Traces, payload);
        Assert.Equal("shop", Assert.Single(batches).ServiceName);
        Assert.InRange(allocated, 0, 12L * payload.Length);
        Assert.NotNull(Assert.Single(Dimensions(batches, CopyLayouts.Resources))["lossless"]);
    }

    [Fact]
    public void Lists_in_lists_of_a_resource_are_not_copied_at_every_level()
    {
        var value = Field(1, new byte[200_000]);
        for (var i = 0; i < 60; i++)
        {
            value = Field(5, Field(1, value));
        }

        var payload = Field(1, Field(1, Field(1, Field(1, "k"u8.ToArray()), Field(2, value))), Field(2, Field(2, NewSpan().ToByteArray())));
        var (batches, allocated) = Cost(Signal.Traces, payload);
        Assert.Single(Rows(batches, CopyLayouts.Spans));
        Assert.InRange(allocated, 0, 100L * payload.Length);
    }

    [Fact]
    public void Millions_of_numbers_and_of_empty_messages_take_memory_in_proportion()
    {
        byte[] time = [0x19, 1, 0, 0, 0, 0, 0, 0, 0];
        byte[][] metrics =
        [
            Field(9, Field(1, [.. time, .. Field(6, new byte[2 * MiB])])),
            Field(10, Field(1, [.. time, .. Field(8, Field(2, new byte[2 * MiB]))])),
            Field(11, Field(1, [.. time, .. Repeat([0x32, 0], MiB)])),
        ];
        foreach (var metric in metrics)
        {
            AssertProportional(Signal.Metrics, Request("shop", Join(Field(1, "m"u8.ToArray()), metric)));
        }

        foreach (var tag in new byte[] { 0x4A, 0x5A, 0x6A })
        {
            AssertProportional(Signal.Traces, Request("shop", Join(NewSpan().ToByteArray(), Repeat([tag, 0], MiB))));
        }

        void AssertProportional(Signal signal, byte[] payload)
        {
            var (batches, allocated) = Cost(signal, payload);
            Assert.Empty(Rows(batches, CopyLayouts.DeadLetters));
            Assert.All(Rows(batches, CopyLayouts.Spans), r => Assert.NotNull(r["lossless"]));

            // A byte becomes up to 15; that in the buffer, in the smaller ones that it was in before, and in the array that is handed out.
            Assert.InRange(allocated, 0, 15 * 4L * payload.Length + MiB);
        }
    }

    [Fact]
    public void Lengths_that_are_not_there_cost_nothing()
    {
        byte[][] payloads =
        [
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 1],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 1],
            [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0x0A, 0x8A, 0x80, 0x80, 0x00, 0x12, 0xFF, 0xFF, 0x7F],
            Repeat([0x0B], 1_000_000),
            [.. Repeat([0x0B], 101), .. Repeat([0x0C], 101)],
            Repeat([0x80], 1_000_000),
        ];
        foreach (var payload in payloads)
        {
            var (batches, allocated) = Cost(Signal.Traces, payload);
            Assert.Equal(DeadLetterReason.MalformedPayload, Refusal(batches, payload).Reason);
            Assert.InRange(allocated, 0, 3L * payload.Length + 64 * 1024);
        }
    }

    [Fact]
    public void Padded_lengths_within_padded_lengths_are_read_as_what_they_say()
    {
        // Ten bytes for each length, as far as protobuf lets them be.
        var span = NewSpan(s => s.Attributes.Add(Attribute("k", Value("v"))));
        var payload = Padded(1, Join(Padded(1, Resource("shop").ToByteArray()), Padded(2, Padded(2, Join([.. Fields(span.ToByteArray()).Select(f => (f[0] & 7) == 2 ? Padded(f[0] >> 3, f[2..]) : f)])))));
        RowAssert.Span(span, SpanRow(payload));

        static byte[] Padded(int number, byte[] content)
        {
            var length = Enumerable.Range(0, 10).Select(i => (byte)((i < 9 ? 0x80 : 0) | (i < 5 ? content.Length >> 7 * i & 0x7F : 0)));
            return [(byte)(number << 3 | 2), .. length, .. content];
        }
    }

    private static byte[] EmptyLogs(string service, int count) => Field(1, Field(1, Resource(service).ToByteArray()), Field(2, Repeat([0x12, 0], count)));

    private static byte[] Repeat(byte[] bytes, int count)
    {
        var all = new byte[bytes.Length * count];
        for (var i = 0; i < count; i++)
        {
            bytes.CopyTo(all, i * bytes.Length);
        }

        return all;
    }

    private static (IReadOnlyList<DecodedBatch> Batches, long Allocated) Cost(Signal signal, byte[] payload, DecodingOptions? options = null)
    {
        using var decoder = NewDecoder(options);
        var chunk = Chunk(signal, payload);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var batches = decoder.Decode(chunk);
        return (batches, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
