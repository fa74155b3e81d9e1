using System.Text.Json;
using Google.Protobuf;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto.Json;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Decoding;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Json;

/// <summary>JSON through the decoder: which payloads are taken for it, and what becomes of what cannot be stored.</summary>
public sealed class JsonDecodingTests
{
    [Theory]
    [InlineData("{}", true)]
    [InlineData("{\"resourceSpans\":[]}", true)]
    [InlineData("{", true)]
    [InlineData("\uFEFF{}", true)]
    [InlineData("\uFEFF\n {\"a\":1}", true)]
    [InlineData(" {\"a\":1}", true)]
    [InlineData("\r\n\t {\r\n\t \"a\":1}", true)]
    [InlineData("\n{\"\\u0061\":1}", true)]
    [InlineData("\n { } \n", true)]
    [InlineData("", false)]
    [InlineData("  ", false)]
    [InlineData("\n{", false)]
    [InlineData("[]", false)]
    [InlineData("null", false)]
    public void Json_is_told_by_its_first_byte(string payload, bool isJson) => Assert.Equal(isJson, OtlpJson.IsJson(JsonPayloads.Utf8(payload)));

    [Fact]
    public void A_protobuf_request_is_never_taken_for_json_whatever_its_lengths_look_like()
    {
        // 0x0A, the tag, is a line feed; a length of 123 is an opening brace, one of 34 a quote, others are white space.
        for (var resource = 0; resource < 140; resource++)
        {
            for (var total = resource; total < 140; total++)
            {
                var attribute = Field(1, Field(1, new byte[Math.Max(0, resource - 6)]));
                var payload = Field(1, Field(1, attribute), Field(3, new byte[total - resource]));
                Assert.False(OtlpJson.IsJson(payload), Convert.ToHexString(payload));
            }
        }

        var taken = Traces("s", NewSpan()).ResourceSpans[0];
        taken.SchemaUrl = new string('u', 123 - taken.CalculateSize() - 2);
        var request = new TracesData { ResourceSpans = { taken } }.ToByteArray();
        Assert.Equal("\n{"u8, request.AsSpan(0, 2));
        Assert.Single(Rows(Decode(Signal.Traces, request), CopyLayouts.Spans));
    }

    [Fact]
    public void Json_and_protobuf_may_be_mixed_in_a_chunk()
    {
        var json = JsonPayloads.Spans(JsonPayloads.Ids, JsonPayloads.Ids);
        var batch = Assert.Single(Decode(Signal.Traces, json, Traces("shop", NewSpan()).ToByteArray(), json));
        Assert.Equal([Offset, Offset + 1, Offset + 2], batch.Batch.Offsets);
        Assert.Equal([2, 1, 2], batch.Batch.Tables[0].RecordRows);
    }

    [Fact]
    public void A_malformed_payload_is_a_dead_letter_with_the_json_as_it_came()
    {
        byte[] good = JsonPayloads.Spans(JsonPayloads.Ids), bad = [.. good[..^3], .. "\u0000\uFEFFx"u8];
        var batches = Decode(Signal.Traces, good, bad, good);
        Assert.Equal(2, Rows(batches, CopyLayouts.Spans).Count);
        var letter = Assert.Single(Rows(batches, CopyLayouts.DeadLetters));
        Assert.Equal("malformed_payload", letter["reason"]);
        Assert.Equal(Offset + 1, letter["offset"]);
        Assert.Equal(bad, letter.Bytes("payload"));
    }

    [Theory]
    [InlineData("\"traceId\":\"GxonNEFOW2h1go+cqbbD0A==\",\"spanId\":\"0102030405fdfeff\"", 24, 8, 0)]
    [InlineData("\"traceId\":\"0d1a2734414e5b6875828f9ca9b6c3d\",\"spanId\":\"0102030405fdfeff\"", 31, 8, 0)]
    [InlineData("\"traceId\":\"not hex at all..\",\"spanId\":\"not hex.\"", 17, 9, 0)]
    [InlineData("\"spanId\":\"0102030405fdfeff\"", 0, 8, 0)]
    [InlineData("\"traceId\":\"0d1a2734414e5b6875828f9ca9b6c3d0\",\"spanId\":\"0102030405fdfeff\",\"parentSpanId\":\"root\"", 16, 8, 4)]
    public void A_span_with_an_impossible_id_is_a_dead_letter_alone(string ids, int traceId, int spanId, int parentSpanId)
    {
        var batches = Decode(Signal.Traces, JsonPayloads.Spans(JsonPayloads.Ids, ids + ",\"name\":\"bad\"", JsonPayloads.Ids));
        Assert.Equal(2, Rows(batches, CopyLayouts.Spans).Count);
        var letter = Assert.Single(Rows(batches, CopyLayouts.DeadLetters));
        Assert.Equal("invalid_id", letter["reason"]);
        Assert.Equal(1, letter["item_index"]);
        var span = TracesData.Parser.ParseFrom(letter.Bytes("payload")).ResourceSpans.Single().ScopeSpans.Single().Spans.Single();
        Assert.Equal(("bad", traceId, spanId, parentSpanId), (span.Name, span.TraceId.Length, span.SpanId.Length, span.ParentSpanId.Length));
    }

    [Theory]
    [InlineData("a\\u0000b", "a\uFFFDb")]
    [InlineData("a\\ud800b", "a\uFFFD\uFFFD\uFFFDb")]
    public void What_postgres_cannot_hold_is_repaired_and_the_original_kept(string json, string stored)
    {
        var row = SpanRow(JsonPayloads.Spans($"{JsonPayloads.Ids},\"name\":\"{json}\",\"attributes\":[{{\"key\":\"k\",\"value\":{{\"stringValue\":\"{json}\"}}}}]"));
        Assert.Equal(stored, row["name"]);
        Assert.Equal(stored, row.Json("attributes").GetProperty("k").GetString());
        Assert.True(row.Bytes("lossless")!.AsSpan().IndexOf(Unescaped(json)) > 0);
    }

    [Fact]
    public void Broken_utf8_is_repaired_and_the_original_kept()
    {
        var json = JsonPayloads.Spans($"{JsonPayloads.Ids},\"name\":\"a#b\"");
        json[json.AsSpan().IndexOf((byte)'#')] = 0xFF;
        var row = SpanRow(json);
        Assert.Equal("a\uFFFDb", row["name"]);
        Assert.True(row.Bytes("lossless")!.AsSpan().IndexOf(new byte[] { (byte)'a', 0xFF, (byte)'b' }) > 0);
    }

    [Fact]
    public void Lists_too_deep_for_the_decoder_are_cut_and_the_original_kept()
    {
        var value = string.Concat(Enumerable.Repeat("{\"arrayValue\":{\"values\":[", 40)) + "{\"intValue\":5}" + string.Concat(Enumerable.Repeat("]}}", 40));
        var row = SpanRow(JsonPayloads.Spans($"{JsonPayloads.Ids},\"attributes\":[{{\"key\":\"k\",\"value\":{value}}}]"));
        Assert.Equal(new string('[', 32) + "null" + new string(']', 32), row.Json("attributes").GetProperty("k").GetRawText());
        Assert.NotNull(row.Bytes("lossless"));
    }

    [Theory]
    [InlineData(Signal.Traces, "traces-0267", "spans")]
    [InlineData(Signal.Logs, "logs-0237", "logRecords")]
    [InlineData(Signal.Metrics, "metrics-0235", "dataPoints")]
    public void Every_record_of_a_real_payload_is_a_row(Signal signal, string file, string records)
    {
        var payload = File.ReadAllBytes(Corpus($"node-json-{file}.json"));
        using var document = JsonDocument.Parse(payload);
        var rows = Decode(signal, payload).SelectMany(b => b.Batch.Tables).Where(t => t.Layout != CopyLayouts.Exemplars.Id).Sum(t => t.RecordRows.Sum());
        Assert.True(rows > 0);
        Assert.Equal(Count(document.RootElement, records), rows);
        Assert.Empty(Rows(Decode(signal, payload), CopyLayouts.DeadLetters));
    }

    private static byte[] Unescaped(string json) => json.Contains("0000", StringComparison.Ordinal) ? [(byte)'a', 0, (byte)'b'] : [(byte)'a', 0xED, 0xA0, 0x80, (byte)'b'];

    private static int Count(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Sum(m => (m.Name == name ? m.Value.GetArrayLength() : 0) + Count(m.Value, name)),
        JsonValueKind.Array => element.EnumerateArray().Sum(e => Count(e, name)),
        _ => 0,
    };
}
