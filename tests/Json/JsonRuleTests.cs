using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.Tests.Decoding;
using static OtelOrleans.Tests.Json.JsonPayloads;

namespace OtelOrleans.Tests.Json;

/// <summary>The rules of OTLP/JSON, one by one.</summary>
public sealed class JsonRuleTests
{
    [Theory]
    [InlineData("0d1a2734414e5b6875828f9ca9b6c3d0")]
    [InlineData("0D1A2734414E5B6875828F9CA9B6C3D0")]
    [InlineData("0d1A2734414e5B6875828f9Ca9b6c3\\u0064\\u0030")]
    public void Ids_are_hex_in_any_case(string id) => Assert.Equal(Payloads.TraceId, Span($"\"traceId\":\"{id}\"").TraceId);

    [Theory]
    [InlineData("", "")]
    [InlineData("0102", "\u0001\u0002")]
    [InlineData("abc", "abc")]
    [InlineData("xyz!", "xyz!")]
    [InlineData("GxonNEFOW2h1go+cqbbD0A==", "GxonNEFOW2h1go+cqbbD0A==")]
    [InlineData("zzzzzzzzzzzzzzzz", "zzzzzzzzzzzzzzzz?")]
    [InlineData("zzzzzzzz", "zzzzzzzz?")]
    public void An_id_that_is_not_hex_goes_on_as_its_characters_and_never_in_the_length_of_an_id(string id, string expected)
    {
        var span = Span($"\"traceId\":\"{id}\",\"spanId\":\"{id}\",\"parentSpanId\":\"{id}\"");
        Assert.Equal([expected, expected, expected], new[] { span.TraceId, span.SpanId, span.ParentSpanId }.Select(x => x.ToStringUtf8()));
    }

    [Fact]
    public void An_id_of_any_length_comes_through()
    {
        foreach (var length in new[] { 120, 127, 128, 200, 5_000 })
        {
            Assert.InRange(Span($"\"traceId\":\"{new string('a', length * 2)}\"").TraceId.Length, length, length * 2);
            Assert.Equal(new string('z', length), Span($"\"traceId\":\"{new string('z', length)}\"").TraceId.ToStringUtf8());
        }
    }

    [Theory]
    [InlineData("1700000000000000123", 1_700_000_000_000_000_123)]
    [InlineData("\"1700000000000000123\"", 1_700_000_000_000_000_123)]
    [InlineData("\"\\u00317\"", 17)]
    [InlineData("\"18446744073709551615\"", ulong.MaxValue)]
    [InlineData("1.8446744073709551615e19", ulong.MaxValue)]
    [InlineData("1e3", 1000)]
    [InlineData("5.0", 5)]
    [InlineData("\"2500e-2\"", 25)]
    [InlineData("0.05E+2", 5)]
    [InlineData("-0", 0)]
    [InlineData("-0.0e-9999", 0)]
    [InlineData("0e9999", 0)]
    public void An_unsigned_integer_may_be_a_number_or_a_string(string json, ulong expected) => Assert.Equal(expected, Span($"\"startTimeUnixNano\":{json}").StartTimeUnixNano);

    [Theory]
    [InlineData("-5", -5)]
    [InlineData("\"-9223372036854775808\"", long.MinValue)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-1.5e1", -15)]
    public void A_signed_integer_may_be_a_number_or_a_string(string json, long expected) => Assert.Equal(expected, Value($"\"intValue\":{json}").IntValue);

    [Theory]
    [InlineData("startTimeUnixNano", "18446744073709551616")]
    [InlineData("startTimeUnixNano", "1e20")]
    [InlineData("startTimeUnixNano", "1e99999")]
    [InlineData("startTimeUnixNano", "-1")]
    [InlineData("startTimeUnixNano", "1.5")]
    [InlineData("startTimeUnixNano", "1e-1")]
    [InlineData("startTimeUnixNano", "\"\"")]
    [InlineData("startTimeUnixNano", "\" 1\"")]
    [InlineData("startTimeUnixNano", "\"+1\"")]
    [InlineData("startTimeUnixNano", "\"1e\"")]
    [InlineData("startTimeUnixNano", "\"0x1\"")]
    [InlineData("startTimeUnixNano", "\"now\"")]
    [InlineData("startTimeUnixNano", "true")]
    [InlineData("startTimeUnixNano", "[1]")]
    [InlineData("startTimeUnixNano", "{}")]
    [InlineData("droppedEventsCount", "4294967296")]
    [InlineData("droppedEventsCount", "-1")]
    [InlineData("flags", "1e10")]
    [InlineData("kind", "2147483648")]
    [InlineData("kind", "-2147483649")]
    [InlineData("kind", "\"SPAN_KIND_OTHER\"")]
    [InlineData("kind", "\"server\"")]
    [InlineData("kind", "false")]
    [InlineData("name", "5")]
    [InlineData("name", "[\"a\"]")]
    [InlineData("traceId", "12")]
    [InlineData("traceId", "[1]")]
    [InlineData("attributes", "{}")]
    [InlineData("attributes", "\"a\"")]
    [InlineData("attributes", "[5]")]
    [InlineData("attributes", "[[]]")]
    [InlineData("status", "[]")]
    [InlineData("status", "2")]
    public void A_value_that_cannot_be_is_malformed_and_told_with_its_place(string field, string json)
    {
        var payload = Spans($"\"{field}\":{json}");
        var message = Refusal(payload);
        Assert.Contains($"value of {field} is not", message, StringComparison.Ordinal);
        var at = int.Parse(message[(message.LastIndexOf(' ') + 1)..^1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(at, payload.AsSpan().IndexOf(Utf8($"\"{field}\":")), payload.Length);
    }

    [Theory]
    [InlineData("intValue", "9223372036854775808")]
    [InlineData("intValue", "\"-9223372036854775809\"")]
    [InlineData("doubleValue", "1e999")]
    [InlineData("doubleValue", "\"nan\"")]
    [InlineData("doubleValue", "\"inf\"")]
    [InlineData("doubleValue", "\"+1\"")]
    [InlineData("doubleValue", "\"1,5\"")]
    [InlineData("doubleValue", "\"\"")]
    [InlineData("doubleValue", "\"-\"")]
    [InlineData("boolValue", "\"true\"")]
    [InlineData("boolValue", "1")]
    [InlineData("bytesValue", "\"a\"")]
    [InlineData("bytesValue", "\"a*==\"")]
    [InlineData("arrayValue", "[]")]
    [InlineData("kvlistValue", "{\"values\":{}}")]
    public void An_attribute_that_cannot_be_is_malformed(string kind, string json) =>
        Assert.Contains("is not", Refusal(Spans($"\"attributes\":[{{\"key\":\"k\",\"value\":{{\"{kind}\":{json}}}}}]")), StringComparison.Ordinal);

    [Theory]
    [InlineData("1.5", 1.5)]
    [InlineData("\"1.5\"", 1.5)]
    [InlineData("-2", -2.0)]
    [InlineData("1e-400", 0.0)]
    [InlineData("\"NaN\"", double.NaN)]
    [InlineData("\"Infinity\"", double.PositiveInfinity)]
    [InlineData("\"-Infinity\"", double.NegativeInfinity)]
    [InlineData("5e-324", double.Epsilon)]
    public void A_double_may_be_a_number_a_string_or_a_word(string json, double expected) => Assert.Equal(expected, Value($"\"doubleValue\":{json}").DoubleValue);

    [Fact]
    public void Negative_zero_keeps_its_sign() => Assert.True(double.IsNegative(Value("\"doubleValue\":-0").DoubleValue));

    [Theory]
    [InlineData("AQL/+g==")]
    [InlineData("AQL/+g")]
    [InlineData("AQL_-g==")]
    [InlineData("AQL_-g")]
    [InlineData("AQL\\/+g==")]
    public void Bytes_are_base64_of_both_alphabets_padded_or_not(string json) => Assert.Equal([1, 2, 255, 250], Value($"\"bytesValue\":\"{json}\"").BytesValue.ToByteArray());

    [Fact]
    public void Empty_bytes_are_bytes() => Assert.Equal(AnyValue.ValueOneofCase.BytesValue, Value("\"bytesValue\":\"\"").ValueCase);

    [Theory]
    [InlineData("3", 3)]
    [InlineData("\"3\"", 3)]
    [InlineData("\"SPAN_KIND_CLIENT\"", 3)]
    [InlineData("3.0", 3)]
    [InlineData("77", 77)]
    [InlineData("-1", -1)]
    public void An_enum_is_a_number_and_its_name_is_tolerated(string json, int expected) => Assert.Equal(expected, (int)Span($"\"kind\":{json}").Kind);

    [Fact]
    public void Names_of_the_schema_are_taken_like_those_of_json()
    {
        var span = Span("\"trace_id\":\"00ff\",\"start_time_unix_nano\":\"5\",\"dropped_links_count\":6,\"trace_st\\u0061te\":\"a=b\"");
        Assert.Equal(new Span { TraceId = ByteString.CopyFrom([0, 255]), StartTimeUnixNano = 5, DroppedLinksCount = 6, TraceState = "a=b" }, span);
    }

    [Fact]
    public void Unknown_fields_are_stepped_over_whatever_they_hold() =>
        Assert.Equal("x", Span("\"Name\":\"a\",\"names\":[{\"name\":[\"}]\"]},null,-1e5,[[]]],\"\":{},\"\\ud800\":\"\\udc00\",\"name\":\"x\",\"nam\":true").Name);

    [Fact]
    public void Null_is_absent()
    {
        Assert.Equal(new Span(), Span("\"traceId\":null,\"name\":null,\"kind\":null,\"startTimeUnixNano\":null,\"attributes\":null,\"status\":null,\"flags\":null"));
        Assert.Equal(new Span(), Span("\"attributes\":[null],\"events\":[null,null]"));
        Assert.Equal(AnyValue.ValueOneofCase.None, Value("\"stringValue\":null,\"arrayValue\":null").ValueCase);
        Assert.False(Metric("\"histogram\":{\"dataPoints\":[{\"sum\":null}]}").Histogram.DataPoints[0].HasSum);
    }

    [Fact]
    public void Null_in_a_list_of_values_is_a_value_that_is_not_set() =>
        Assert.Equal(Payloads.ArrayOf(Payloads.Value(1), new AnyValue(), Payloads.Value("x")), Value("\"arrayValue\":{\"values\":[{\"intValue\":1},null,{\"stringValue\":\"x\"}]}"));

    [Fact]
    public void Attributes_of_every_length_keep_theirs()
    {
        foreach (var length in Enumerable.Range(0, 300).Concat([16_370, 16_384, 2_097_140, 2_097_152]))
        {
            var text = new string('x', length);
            Assert.Equal(Payloads.ArrayOf(Payloads.Value(text), Payloads.Value(1)), Value($"\"arrayValue\":{{\"values\":[{{\"stringValue\":\"{text}\"}},{{\"intValue\":1}}]}}"));
        }
    }

    [Theory]
    [InlineData("\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[1,null]}]}")]
    [InlineData("\"histogram\":{\"dataPoints\":[{\"explicitBounds\":[1,{}]}]}")]
    [InlineData("\"exponentialHistogram\":{\"dataPoints\":[{\"positive\":{\"bucketCounts\":\"12\"}}]}")]
    public void Numbers_of_a_list_have_no_gaps(string json) => Assert.Throws<OtelOrleans.Proto.MalformedPayloadException>(() => Metric(json));

    [Fact]
    public void Of_a_key_that_comes_again_the_last_value_counts_and_takes_the_place_of_all_of_the_former()
    {
        var span = Span(
            "\"name\":\"first\",\"status\":{\"code\":2,\"message\":\"m\"},\"attributes\":[{\"key\":\"a\"},{\"key\":\"b\"}],\"kind\":3,\"flags\":7,"
            + "\"status\":{\"code\":1},\"name\":null,\"attributes\":[{\"key\":\"c\",\"key\":\"d\"}],\"trace_state\":\"s\",\"traceState\":\"t\",\"kind\":4,\"events\":[],\"events\":[{}],\"flags\":null,\"flags\":9");
        var expected = new Span
        {
            Status = new() { Code = OpenTelemetry.Proto.Trace.V1.Status.Types.StatusCode.Ok },
            Attributes = { new KeyValue { Key = "d" } },
            TraceState = "t",
            Kind = OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind.Producer,
            Events = { new Span.Types.Event() },
            Flags = 9,
        };
        Assert.Equal(expected, span);
    }

    [Fact]
    public void Of_several_kinds_of_a_value_the_last_one_counts()
    {
        Assert.Equal("x", Value("\"intValue\":1,\"stringValue\":\"x\"").StringValue);
        Assert.Equal(3, Value("\"intValue\":1,\"stringValue\":\"x\",\"intValue\":3").IntValue);
        Assert.Equal(AnyValue.ValueOneofCase.None, Value("\"intValue\":1,\"intValue\":null").ValueCase);
        Assert.Equal(Payloads.ArrayOf(Payloads.Value(2)), Value("\"arrayValue\":{\"values\":[{\"intValue\":1}]},\"arrayValue\":{\"values\":[{\"intValue\":2}]}"));
    }

    [Theory]
    [InlineData("\\n\\t\\r\\b\\f\\/\\\\\\\"", "\n\t\r\b\f/\\\"")]
    [InlineData("a\\u00e9b", "aéb")]
    [InlineData("\\u20AC", "€")]
    [InlineData("\\ud83d\\ude00", "😀")]
    [InlineData("é€😀", "é€😀")]
    [InlineData("\\u0000", "\0")]
    [InlineData("\\uD83D\\uDE00\\\\u0041", "😀\\u0041")]
    public void Escapes_are_resolved(string json, string expected) => Assert.Equal(expected, Span($"\"name\":\"{json}\"").Name);

    [Theory]
    [InlineData("\\ud800", "EDA080")]
    [InlineData("\\udc00\\ud800", "EDB080EDA080")]
    [InlineData("\\ud83d\\u0041", "EDA0BD41")]
    [InlineData("\\ud83d\\n", "EDA0BD0A")]
    [InlineData("\\ud83dx", "EDA0BD78")]
    [InlineData("\\ud83d\\ud83d\\ude00", "EDA0BDF09F9880")]
    public void Half_a_surrogate_pair_comes_out_as_broken_utf8(string json, string hex)
    {
        var name = Payloads.Fields(FirstSpan(Transcode(GrainInterfaces.Signal.Traces, Spans($"\"name\":\"{json}\"")))).Single();
        Assert.Equal(hex, Convert.ToHexString(name.AsSpan(2)));
    }

    [Fact]
    public void A_request_of_nothing_is_empty()
    {
        foreach (var json in new[] { "{}", " { } ", "\uFEFF{}", "{\"resourceSpans\":[]}", "{\"resourceSpans\":null}", "{\"partialSuccess\":{\"x\":1}}" })
        {
            Assert.Empty(Transcode(GrainInterfaces.Signal.Traces, Utf8(json)));
        }
    }

    [Theory]
    [InlineData("{\"resourceLogs\":[]}")]
    [InlineData("{\"x\":1,\"resource_metrics\":[{}]}")]
    [InlineData("{\"resourceSpans\":[],\"resourceLogs\":null}")]
    public void A_request_of_another_signal_is_refused_rather_than_empty(string json) => Assert.Contains("another signal", Refusal(Utf8(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"{}\"")]
    [InlineData("{}x")]
    [InlineData("{}{}")]
    [InlineData("{} \0")]
    [InlineData("{")]
    [InlineData("{\"resourceSpans\":[}")]
    [InlineData("{\"resourceSpans\":[{},]}")]
    [InlineData("{\"a\":nu\0l}")]
    [InlineData("{\"a\":\"\\x\"}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{/**/}")]
    [InlineData("{'a':1}")]
    public void What_is_not_one_json_object_is_malformed(string json) => Assert.DoesNotContain('\0', Refusal(Utf8(json)));

    [Fact]
    public void Lists_are_read_to_any_depth_that_the_decoder_keeps_and_refused_where_they_threaten_the_stack()
    {
        for (var depth = 1; depth < 400; depth++)
        {
            foreach (var (open, close) in new[] { ("\"arrayValue\":{\"values\":[{", "}]}"), ("\"kvlistValue\":{\"values\":[{\"value\":{", "}}]}") })
            {
                var members = string.Concat(Enumerable.Repeat(open, depth)) + "\"intValue\":5" + string.Concat(Enumerable.Repeat(close, depth));
                var payload = Spans($"\"attributes\":[{{\"key\":\"k\",\"value\":{{{members}}}}}]");
                if (depth > 32 && Record.Exception(() => Transcode(GrainInterfaces.Signal.Traces, payload)) is { } refused)
                {
                    Assert.Contains("nested deeper", Assert.IsType<OtelOrleans.Proto.MalformedPayloadException>(refused).Message, StringComparison.Ordinal);
                }
                else
                {
                    Assert.InRange(depth, 0, 100);
                    Transcode(GrainInterfaces.Signal.Traces, payload);
                }
            }
        }

        Refusal(Utf8(new string('[', 1_000_000)));
        Refusal(Utf8("{\"x\":" + new string('[', 1_000_000)));
    }

    private static byte[] FirstSpan(byte[] request)
    {
        // Down: resource spans, scope spans (behind the resource), span (behind the scope).
        var scopeSpans = Payloads.Fields(Content(Payloads.Fields(request)[0]))[1];
        return Content(Payloads.Fields(Content(scopeSpans))[1]);
    }

    private static byte[] Content(byte[] field)
    {
        using var input = new CodedInputStream(field);
        input.ReadTag();
        return input.ReadBytes().ToByteArray();
    }
}
