using System.Text.Json;
using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>What protobuf allows and no SDK does, until one does.</summary>
public sealed class TrapTests
{
    [Fact]
    public void An_empty_payload_makes_no_batch() => Assert.Empty(Decode(Signal.Traces, []));

    [Fact]
    public void A_payload_without_spans_makes_no_batch() => Assert.Empty(Decode(Signal.Traces, Traces("idle").ToByteArray()));

    [Fact]
    public void Concatenated_payloads_merge()
    {
        var payload = Traces("shop", NewSpan()).ToByteArray();
        Assert.Equal(2, Rows(Decode(Signal.Traces, Join(payload, payload)), CopyLayouts.Spans).Count);
    }

    [Fact]
    public void Resource_after_scope_spans_is_applied_to_all_spans()
    {
        var scopeSpans = Field(2, Traces(null, NewSpan(), NewSpan()).ResourceSpans[0].ScopeSpans[0].ToByteArray());
        var batch = Assert.Single(Decode(Signal.Traces, Field(1, scopeSpans, Field(1, Resource("late").ToByteArray()))));
        Assert.Equal("late", batch.ServiceName);
        Assert.Equal(["late", "late"], RowReader.Of(batch.Batch, CopyLayouts.Spans).Select(r => r.Text("service_name")));
    }

    [Fact]
    public void Scope_after_spans_gives_the_same_rows_as_scope_before()
    {
        byte[] scope = Field(1, new InstrumentationScope { Name = "late" }.ToByteArray()), span = Field(2, NewSpan().ToByteArray()), schema = Field(3, "url"u8.ToArray());
        var before = Decode(Signal.Traces, Field(1, Field(2, scope, schema, span)));
        var after = Decode(Signal.Traces, Field(1, Field(2, span, schema, scope)));
        Assert.Equal(before[0].Batch.Tables[0].Bytes.Memory, after[0].Batch.Tables[0].Bytes.Memory);
        Assert.Equal("late", Assert.Single(Dimensions(after, CopyLayouts.Scopes)).Text("name"));
    }

    [Fact]
    public void A_repeated_resource_is_merged()
    {
        byte[] first = Resource("first").ToByteArray(), second = new OpenTelemetry.Proto.Resource.V1.Resource { DroppedAttributesCount = 7 }.ToByteArray();
        var span = Field(2, Field(2, NewSpan().ToByteArray()));
        var batches = Decode(Signal.Traces, Field(1, Field(1, first), span, Field(1, second)));
        Assert.Equal("first", Assert.Single(batches).ServiceName);
        Assert.Equal(7L, Assert.Single(Dimensions(batches, CopyLayouts.Resources))["dropped_attributes_count"]);
    }

    [Fact]
    public void Fields_of_a_span_may_stand_in_any_order_among_unknown_ones()
    {
        var message = RichSpan();
        var fields = Fields(message.ToByteArray());
        var expected = SpanRow(Request("shop", Join([.. fields]))).Json("events").GetRawText();
        var random = new Random(1);
        for (var round = 0; round < 50; round++)
        {
            // The order of attributes among themselves means something: it stays.
            var shuffled = fields.OrderBy(f => f[0] is 0x4A or 0x5A or 0x6A ? 0.5 : random.NextDouble()).ToList();
            byte[][] unknown =
            [
                [0x78, 1], // field 15 as a varint: the wrong wire type
                [0xF9, 0x3E, 1, 2, 3, 4, 5, 6, 7, 8],
                [0xFA, 0x3E, 2, 1, 2],
                [0xFB, 0x3E, 0x08, 0x01, 0x13, 0x1D, 1, 2, 3, 4, 0x14, 0xFC, 0x3E], // a group in a group
                [0xFD, 0x3E, 1, 2, 3, 4],
            ];
            foreach (var field in unknown)
            {
                shuffled.Insert(random.Next(shuffled.Count + 1), field);
            }

            var row = SpanRow(Request("shop", Join([.. shuffled])));
            RowAssert.Span(message, row);
            Assert.Equal(expected, row.Json("events").GetRawText());
        }
    }

    [Fact]
    public void Of_repeated_singular_fields_the_last_one_wins_and_messages_merge()
    {
        var span = NewSpan(s => s.Status = new() { Message = "kept", Code = Status.Types.StatusCode.Ok }).ToByteArray();
        var again = new Span { Name = "last", Status = new() { Code = Status.Types.StatusCode.Error } }.ToByteArray();
        var item = Join(span, again);
        RowAssert.Span(Span.Parser.ParseFrom(item), SpanRow(Request("shop", item)));
    }

    [Fact]
    public void Of_a_value_given_several_times_the_last_kind_counts_and_lists_are_continued()
    {
        byte[] one = ArrayOf(Value(1)).ToByteArray(), two = ArrayOf(Value(2), Value("x")).ToByteArray(), text = Value("text").ToByteArray();
        byte[] list = new AnyValue { KvlistValue = new() { Values = { Attribute("k", Value(1)) } } }.ToByteArray();
        foreach (var value in new[] { Join(one, two), Join(one, text), Join(one, text, two), Join(text, one), Join(list, list), Join(list, one, two), Join(text, Value(5).ToByteArray()) })
        {
            // In one value field, and in as many as there are parts.
            var attribute = Field(9, Field(1, "a"u8.ToArray()), Field(2, value));
            var parts = Field(9, Join([.. Fields(value).Select(f => Field(2, f))]), Field(1, "a"u8.ToArray()));
            foreach (var field in new[] { attribute, parts })
            {
                var item = Join(NewSpan().ToByteArray(), field);
                RowAssert.Span(Span.Parser.ParseFrom(item), SpanRow(Request("shop", item)));
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void Without_a_service_name_the_service_is_unknown(string? name) =>
        Assert.Equal("unknown_service", Assert.Single(Decode(Signal.Traces, Traces(name, NewSpan()).ToByteArray())).ServiceName);

    [Fact]
    public void A_service_name_that_is_no_string_is_unknown()
    {
        var traces = Traces(null, NewSpan());
        traces.ResourceSpans[0].Resource.Attributes.Add(Attribute("service.name", Value(5)));
        Assert.Equal("unknown_service", Assert.Single(Decode(Signal.Traces, traces.ToByteArray())).ServiceName);
    }

    [Fact]
    public void Without_a_resource_the_service_is_unknown()
    {
        var payload = new TracesData { ResourceSpans = { new ResourceSpans { ScopeSpans = { new ScopeSpans { Spans = { NewSpan() } } } } } }.ToByteArray();
        var batch = Assert.Single(Decode(Signal.Traces, payload));
        Assert.Equal("unknown_service", batch.ServiceName);
        Assert.Equal("{}", Assert.Single(RowReader.DimensionsOf(batch.Batch, CopyLayouts.Resources)).Json("attributes").GetRawText());
    }

    [Fact]
    public void A_long_service_name_is_cut_between_characters()
    {
        var name = new string('a', 254) + "😀" + new string('b', 50);
        var batch = Assert.Single(Decode(Signal.Traces, Traces(name, NewSpan()).ToByteArray()));
        Assert.Equal(new string('a', 254), batch.ServiceName);
        Assert.Equal(batch.ServiceName, Assert.Single(RowReader.Of(batch.Batch, CopyLayouts.Spans)).Text("service_name"));
        Assert.Equal(name, Assert.Single(RowReader.DimensionsOf(batch.Batch, CopyLayouts.Resources)).Json("attributes").GetProperty("service.name").GetString());
    }

    [Fact]
    public void Every_kind_of_value_is_kept()
    {
        var span = RichSpan();
        RowAssert.Span(span, SpanRow(Traces("shop", span).ToByteArray()));
    }

    [Fact]
    public void A_value_that_jsonb_cannot_hold_keeps_the_original_span()
    {
        AnyValue[] lossy =
        [
            Value("a\0b"), Value(double.NaN), Value(double.PositiveInfinity), Value(double.NegativeInfinity), Value(-0.0), new() { BytesValue = ByteString.CopyFrom(0, 255) },
        ];
        foreach (var value in lossy)
        {
            var span = NewSpan(s => s.Attributes.Add(Attribute("k", value)));
            Assert.Equal(span.ToByteArray(), SpanRow(Traces("shop", span).ToByteArray()).Bytes("lossless"));
        }

        AnyValue[] exact = [Value("é漢😀\u2028\"\\\n"), Value(long.MinValue), Value(1.0), Value(1e16), Value(5e-324), Value(double.MaxValue), Value(-9.223372036854775808e18), ArrayOf(), new()];
        foreach (var value in exact)
        {
            var span = NewSpan(s => s.Attributes.Add(Attribute("k", value)));
            Assert.Null(SpanRow(Traces("shop", span).ToByteArray())["lossless"]);
        }
    }

    [Fact]
    public void Invalid_utf8_is_repaired_in_that_string_alone()
    {
        var item = Join(
            NewSpan(s => s.Attributes.Add(Attribute("good", Value("é")))).ToByteArray(),
            Field(9, Field(1, [0xC3, 0x28, (byte)'k']), Field(2, Field(1, [(byte)'a', 0xFF, 0xED, 0xA0, 0x80, 0, (byte)'"', (byte)'z']))),
            Field(5, [0xFF, 0, (byte)'n']));
        var row = SpanRow(Request("shop", item));
        Assert.Equal("{\"good\":\"é\",\"\uFFFD(k\":\"a\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\\\"z\"}", row.Json("attributes").GetRawText());
        Assert.Equal("\uFFFD\uFFFDn", row.Text("name"));
        Assert.Equal(item, row.Bytes("lossless"));
    }

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, false)]
    [InlineData(33, true)]
    [InlineData(5000, true)]
    public void A_value_nested_deeper_than_32_is_cut(int depth, bool isCut)
    {
        var value = Field(1, "x"u8.ToArray());
        for (var i = 0; i < depth; i++)
        {
            value = Field(5, Field(1, value));
        }

        var row = SpanRow(Request("shop", Join(NewSpan().ToByteArray(), Field(9, Field(1, "k"u8.ToArray()), Field(2, value)))));
        var json = row.Json("attributes").GetProperty("k");
        var reached = 0;
        while (json.ValueKind == JsonValueKind.Array)
        {
            json = json[0];
            reached++;
        }

        Assert.Equal(Math.Min(depth, 32), reached);
        Assert.Equal(isCut ? JsonValueKind.Null : JsonValueKind.String, json.ValueKind);
        Assert.Equal(isCut, row["lossless"] is not null);
    }

    [Fact]
    public void Duplicate_keys_are_kept_in_order()
    {
        var span = NewSpan(s => s.Attributes.AddRange([Attribute("k", Value(1)), Attribute("k", Value(2))]));
        Assert.Equal("{\"k\":1,\"k\":2}", SpanRow(Traces("shop", span).ToByteArray()).Json("attributes").GetRawText());
    }

    [Fact]
    public void Times_at_the_ends_of_their_range_are_exact()
    {
        foreach (var (start, end) in new[] { (0UL, 0UL), (ulong.MaxValue, 0UL), (ulong.MaxValue, ulong.MaxValue), (0UL, ulong.MaxValue), (5UL, 4UL) })
        {
            var span = NewSpan(s => (s.StartTimeUnixNano, s.EndTimeUnixNano) = (start, end));
            RowAssert.Span(span, SpanRow(Traces("shop", span).ToByteArray()));
        }
    }

    [Fact]
    public void An_enum_beyond_a_smallint_is_clamped_and_kept_in_the_original()
    {
        var row = SpanRow(Traces("shop", NewSpan(s => s.Kind = (Span.Types.SpanKind)(-70_000))).ToByteArray());
        Assert.Equal(short.MinValue, row["kind"]);
        Assert.NotNull(row["lossless"]);
    }

    [Fact]
    public void A_string_is_escaped_wherever_the_special_byte_stands()
    {
        for (var length = 0; length < 70; length++)
        {
            var span = NewSpan();
            for (var at = 0; at < length; at++)
            {
                foreach (var special in "\"\\\n\u001f\u007fé")
                {
                    var text = new string('a', length).ToCharArray();
                    text[at] = special;
                    span.Attributes.Add(Attribute("k", Value(new string(text))));
                }
            }

            RowAssert.Span(span, SpanRow(Traces("shop", span).ToByteArray()));
        }
    }

    /// <summary>A span with something in every field.</summary>
    internal static Span RichSpan() => NewSpan(s =>
    {
        void Add(string key, AnyValue? value) => s.Attributes.Add(Attribute(key, value));
        Add("text", Value("q\"b\\s/n\nt\tc\u0001d\u007f é 漢 😀 \u2028"));
        Add("nul", Value("a\0b"));
        Add("k\0\"", Value(long.MinValue));
        Add("max", Value(long.MaxValue));
        Add("yes", new() { BoolValue = true });
        Add("no", new() { BoolValue = false });
        double[] doubles = [double.NaN, double.NegativeInfinity, 5e-324, double.MaxValue, -0.0, 1, -1, 0.1, 1e15, 1e16, 9.21e18, 9.3e18, -9.223372036854775808e18, 123456789.125];
        foreach (var number in doubles)
        {
            Add("double", Value(number));
        }

        Add("bytes", new() { BytesValue = ByteString.CopyFrom(0, 255, 128) });
        Add("array", ArrayOf(Value("x"), new() { BoolValue = false }, new(), ArrayOf(), Value(1.5)));
        Add("list", new() { KvlistValue = new() { Values = { Attribute("in", Value(3)), Attribute("", null) } } });
        Add("empty", new());
        Add("absent", null);
        Add("", Value(""));
        Add("long", Value(new string('x', 300) + "\"" + new string('y', 300)));
        s.ParentSpanId = ByteString.CopyFrom(8, 7, 6, 5, 4, 3, 2, 1);
        s.TraceState = "a=b,c=d";
        s.Flags = 0xF000_0301;
        s.Kind = Span.Types.SpanKind.Consumer;
        s.Status = new() { Code = Status.Types.StatusCode.Error, Message = "broke" };
        (s.DroppedAttributesCount, s.DroppedEventsCount, s.DroppedLinksCount) = (1, uint.MaxValue, 3);
        s.Events.Add(new Span.Types.Event { Name = "e\"1", TimeUnixNano = ulong.MaxValue, DroppedAttributesCount = 4, Attributes = { Attribute("a", Value(1)) } });
        s.Events.Add(new Span.Types.Event());
        s.Links.Add(new Span.Types.Link { TraceId = s.TraceId, SpanId = s.SpanId, TraceState = "x=y", Flags = 0xFFFF_FFFF, DroppedAttributesCount = 2, Attributes = { Attribute("l", Value("é")) } });
        s.Links.Add(new Span.Types.Link());
    });
}
