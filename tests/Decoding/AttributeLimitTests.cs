using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using CsCheck;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Attributes and values beyond their limits are cut, and nothing is lost by it.</summary>
public sealed class AttributeLimitTests
{
    private static readonly DecodingOptions s_tight = new() { MaxAttributes = 3, MaxAttributeValueBytes = 256, MaxDepth = 2 };

    [Fact]
    public void The_first_attributes_stay_wherever_there_are_too_many()
    {
        var span = NewSpan(s =>
        {
            Add(s.Attributes, 4);
            s.Events.Add(new Span.Types.Event { Attributes = { Many(4) } });
            s.Links.Add(new Span.Types.Link { Attributes = { Many(4) } });
        });
        var traces = Traces("shop", span);
        Add(traces.ResourceSpans[0].Resource.Attributes, 3);
        Add(traces.ResourceSpans[0].ScopeSpans[0].Scope.Attributes, 4);
        var batches = Decode(Signal.Traces, traces.ToByteArray(), s_tight);
        var row = Assert.Single(Rows(batches, CopyLayouts.Spans));
        const string three = "{\"k0\":0,\"k1\":1,\"k2\":2}";
        Assert.Equal(three, row.Json("attributes").GetRawText());
        Assert.Equal(three, row.Json("events")[0].GetProperty("attributes").GetRawText());
        Assert.Equal(three, row.Json("links")[0].GetProperty("attributes").GetRawText());
        Assert.Equal(span.ToByteArray(), row.Bytes("lossless"));
        var resource = Assert.Single(Dimensions(batches, CopyLayouts.Resources));
        Assert.Equal("{\"service.name\":\"shop\",\"k0\":0,\"k1\":1}", resource.Json("attributes").GetRawText());
        Assert.Equal(traces.ResourceSpans[0].Resource, ResourceSpans.Parser.ParseFrom(resource.Bytes("lossless")).Resource);
        var scope = Assert.Single(Dimensions(batches, CopyLayouts.Scopes));
        Assert.Equal(three, scope.Json("attributes").GetRawText());
        Assert.Equal(traces.ResourceSpans[0].ScopeSpans[0].Scope, ScopeSpans.Parser.ParseFrom(scope.Bytes("lossless")).Scope);

        var log = new LogRecord { TimeUnixNano = 1, Attributes = { Many(4) } };
        var logRow = Assert.Single(Rows(Decode(Signal.Logs, Logs("shop", log).ToByteArray(), s_tight), CopyLayouts.LogRecords));
        Assert.Equal((three, log), (logRow.Json("attributes").GetRawText(), LogRecord.Parser.ParseFrom(logRow.Bytes("lossless"))));

        var exemplar = new Exemplar { AsInt = 1, FilteredAttributes = { Many(4) } };
        var point = new NumberDataPoint { AsInt = 1, TimeUnixNano = 1, Attributes = { Many(4) }, Exemplars = { exemplar } };
        var metric = new Metric { Name = "m", Gauge = new() { DataPoints = { point } }, Metadata = { Many(4) } };
        var metrics = Decode(Signal.Metrics, Metrics("shop", metric).ToByteArray(), s_tight);
        var series = Assert.Single(Dimensions(metrics, CopyLayouts.MetricSeries));
        Assert.Equal((three, three), (series.Json("attributes").GetRawText(), series.Json("metadata").GetRawText()));
        var kept = Metric.Parser.ParseFrom(series.Bytes("lossless"));
        Assert.Equal((metric.Metadata, point.Attributes), (kept.Metadata, kept.Gauge.DataPoints[0].Attributes));
        var exemplarRow = Assert.Single(Rows(metrics, CopyLayouts.Exemplars));
        Assert.Equal((three, exemplar), (exemplarRow.Json("filtered_attributes").GetRawText(), Exemplar.Parser.ParseFrom(exemplarRow.Bytes("lossless"))));
    }

    [Fact]
    public void Nothing_is_cut_that_fits_exactly()
    {
        var span = NewSpan(s =>
        {
            s.Attributes.Add(Attribute("text", Value(new string('é', 128))));
            s.Attributes.Add(Attribute("lists", ArrayOf(ArrayOf(Value(1)))));
            s.Attributes.Add(Attribute("map", new() { KvlistValue = new() { Values = { Many(50) } } }));
        });
        var row = Assert.Single(Rows(Decode(Signal.Traces, Traces("shop", span).ToByteArray(), s_tight), CopyLayouts.Spans));
        Assert.Null(row["lossless"]);
        RowAssert.Span(span, row);
    }

    [Fact]
    public void Defaults_are_beyond_what_sdks_let_through()
    {
        // 128 attributes, events and links are the limits of an SDK; of values most have none.
        var span = NewSpan(s =>
        {
            Add(s.Attributes, 1_024);
            s.Attributes[5].Value = Value(new string('x', 256 * 1024));
            s.Events.AddRange(Enumerable.Range(0, 128).Select(_ => new Span.Types.Event { Attributes = { Many(128) } }));
        });
        var row = SpanRow(Traces("shop", span).ToByteArray());
        Assert.Null(row["lossless"]);
        RowAssert.Span(span, row);
        Add(span.Attributes, 1_025);
        Assert.NotNull(SpanRow(Traces("shop", span).ToByteArray())["lossless"]);
    }

    [Fact]
    public void A_long_text_keeps_its_beginning_up_to_a_whole_character_and_says_how_long_it_was() =>
        Gen.Select(Gen.String[Gen.OneOf(Gen.Char['a', 'c'], Gen.Char['à', 'ü'], Gen.Char['\u4E00', '\u4E10'], Gen.Const('"')), 60, 600], Gen.Int[256, 700]).Sample((text, limit) =>
        {
            // Characters of 1 to 4 bytes.
            text = text.Replace("b", "😀", StringComparison.Ordinal);
            var span = NewSpan(s => s.Attributes.Add([Attribute("k", Value(text)), Attribute("l", ArrayOf(Value(text)))]));
            var row = Assert.Single(Rows(Decode(Signal.Traces, Traces("shop", span).ToByteArray(), new() { MaxAttributeValueBytes = limit }), CopyLayouts.Spans));
            var stored = row.Json("attributes").GetProperty("k").GetString()!;
            Assert.Equal(stored, row.Json("attributes").GetProperty("l")[0].GetString());
            var bytes = Encoding.UTF8.GetByteCount(text);
            if (bytes <= limit)
            {
                Assert.Equal((text, null), (stored, row["lossless"]));
                return;
            }

            Assert.EndsWith($"…[cut: {bytes} bytes]", stored, StringComparison.Ordinal);
            var kept = stored[..stored.IndexOf('…')];
            Assert.StartsWith(kept, text, StringComparison.Ordinal);
            Assert.InRange(Encoding.UTF8.GetByteCount(kept), limit - 3, limit);
            Assert.Equal(span.ToByteArray(), row.Bytes("lossless"));
        }, iter: 300);

    [Fact]
    public void Long_bytes_keep_their_beginning_and_broken_text_is_repaired_as_well()
    {
        var bytes = Enumerable.Range(0, 1000).Select(i => (byte)i).ToArray();
        var item = Join(
            NewSpan(s => s.Attributes.Add(Attribute("bytes", new() { BytesValue = ByteString.CopyFrom(bytes) }))).ToByteArray(),
            Field(9, Field(1, "text"u8.ToArray()), Field(2, Field(1, [.. "ab\0"u8, .. Enumerable.Repeat((byte)0x80, 1000)]))));
        var row = Assert.Single(Rows(Decode(Signal.Traces, Request("shop", item), new() { MaxAttributeValueBytes = 256 }), CopyLayouts.Spans));
        Assert.Equal(Convert.ToBase64String(bytes, 0, 255) + "…[cut: 1000 bytes]", row.Json("attributes").GetProperty("bytes").GetString());
        Assert.Equal("ab\uFFFD" + new string('\uFFFD', 250) + "…[cut: 1003 bytes]", row.Json("attributes").GetProperty("text").GetString());
        Assert.Equal(item, row.Bytes("lossless"));
    }

    [Fact]
    public void A_body_of_text_stays_whole_and_a_body_of_lists_is_cut_like_attributes()
    {
        var text = new string('x', 10_000);
        LogRecord whole = new() { TimeUnixNano = 1, Body = Value(text) }, cut = new() { TimeUnixNano = 1, Body = ArrayOf(Value(text)) };
        var rows = Rows(Decode(Signal.Logs, Logs("shop", whole, cut).ToByteArray(), s_tight), CopyLayouts.LogRecords);
        Assert.Equal((text, null), (rows[0].Text("body"), rows[0]["lossless"]));
        Assert.Equal(new string('x', 256) + "…[cut: 10000 bytes]", rows[1].Json("body_json")[0].GetString());
        Assert.Equal(cut.ToByteArray(), rows[1].Bytes("lossless"));
    }

    [Fact]
    public void Depth_is_as_configured()
    {
        var span = NewSpan(s => s.Attributes.Add(Attribute("k", ArrayOf(ArrayOf(ArrayOf(Value(1)), Value(2))))));
        var row = Assert.Single(Rows(Decode(Signal.Traces, Traces("shop", span).ToByteArray(), s_tight), CopyLayouts.Spans));
        Assert.Equal("[[null,2]]", row.Json("attributes").GetProperty("k").GetRawText());
        Assert.Equal(span.ToByteArray(), row.Bytes("lossless"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Events_links_lists_and_maps_are_counted_together_and_the_first_ones_stay(int most)
    {
        var span = NewSpan(s =>
        {
            s.Attributes.Add([Attribute("a", ArrayOf(ArrayOf(), Value(1))), Attribute("m", new() { KvlistValue = new() })]);
            s.Events.Add([new Span.Types.Event { Name = "1" }, new Span.Types.Event { Name = "2" }]);
            s.Links.Add([new Span.Types.Link(), new Span.Types.Link()]);
        });
        var row = Assert.Single(Rows(Decode(Signal.Traces, Traces("shop", span).ToByteArray(), new() { MaxLists = most }), CopyLayouts.Spans));
        Assert.Equal($"{{\"a\":[{(most > 1 ? "[]" : "null")},1],\"m\":{(most > 2 ? "{}" : "null")}}}", row.Json("attributes").GetRawText());
        Assert.Equal(Math.Clamp(most - 3, 0, 2), row.Json("events").GetArrayLength());
        Assert.Equal(Math.Clamp(most - 5, 0, 2), row.Json("links").GetArrayLength());
        Assert.Equal(most < 7 ? span.ToByteArray() : null, row.Bytes("lossless"));
    }

    [Fact]
    public void Entity_references_count_as_well()
    {
        var traces = Traces("shop", NewSpan());
        traces.ResourceSpans[0].Resource.EntityRefs.Add([new EntityRef { Type = "a" }, new EntityRef { Type = "b" }]);
        var resource = Assert.Single(Dimensions(Decode(Signal.Traces, traces.ToByteArray(), new() { MaxLists = 1 }), CopyLayouts.Resources));
        Assert.Equal("a", Assert.Single(resource.Json("entity_refs").EnumerateArray()).GetProperty("type").GetString());
        Assert.Equal(traces.ResourceSpans[0].Resource, ResourceSpans.Parser.ParseFrom(resource.Bytes("lossless")).Resource);
    }

    [Fact]
    public void A_repeated_key_is_found_among_those_that_stay()
    {
        var span = NewSpan(s => s.Attributes.Add([Attribute("a", Value(1)), Attribute("a", Value(2)), Attribute("b", Value(3)), Attribute("a", Value(4))]));
        var reasons = Reasons(() => Decode(Signal.Traces, Traces("shop", span).ToByteArray(), s_tight));
        Assert.Equal(["repeated_key", "too_many_attributes"], reasons.Intersect(["repeated_key", "too_many_attributes"]).Order());
    }

    [Fact]
    public void What_is_cut_is_counted_by_reason()
    {
        var span = NewSpan(s => s.Attributes.Add([.. Many(3), Attribute("text", Value(new string('x', 1000)))]));
        var deep = NewSpan(s => s.Attributes.Add(Attribute("text", ArrayOf(Value(new string('x', 1000))))));
        var reasons = Reasons(() => Decode(Signal.Traces, Traces("shop", span, deep).ToByteArray(), s_tight));
        Assert.Contains("too_many_attributes", reasons);
        Assert.Contains("value_too_long", reasons);
    }

    [Fact]
    public void Whatever_the_limits_a_row_without_an_original_holds_everything()
    {
        var cut = 0;
        var whole = 0;
        for (var seed = 0; seed < 600; seed++)
        {
            var random = new RandomMessages(seed);
            var span = random.Next<Span>();
            var options = new DecodingOptions { MaxAttributes = 1 + seed % 5, MaxAttributeValueBytes = 256, MaxDepth = 1 + seed % 4 };
            var payload = Traces("shop", span).ToByteArray();
            var batches = Decode(Signal.Traces, payload, options);
            var row = Assert.Single(Rows(batches, CopyLayouts.Spans));
            if (row.OptionalJson("attributes") is { } attributes)
            {
                Assert.InRange(attributes.EnumerateObject().Count(), 0, options.MaxAttributes);
                Assert.InRange(Depth(attributes), 0, 1 + options.MaxDepth);
            }

            if (row.Bytes("lossless") is { } original)
            {
                Assert.Equal(span, Span.Parser.ParseFrom(original));
                cut++;
            }
            else
            {
                Assert.Equal(StoredPayload.Sorted(StoredPayload.Expected(Signal.Traces, payload)), StoredPayload.Sorted(StoredPayload.Stored(batches)));
                whole++;
            }
        }

        Assert.True(cut > 100 && whole > 30, $"{cut} cut, {whole} whole");
    }

    private static int Depth(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => 1 + json.EnumerateArray().Select(Depth).DefaultIfEmpty(0).Max(),
        JsonValueKind.Object => 1 + json.EnumerateObject().Select(p => Depth(p.Value)).DefaultIfEmpty(0).Max(),
        _ => 0,
    };

    private static IReadOnlyList<DecodedBatch> Decode(Signal signal, byte[] payload, DecodingOptions options) => DecodeValue(signal, payload, null, options);

    private static IEnumerable<KeyValue> Many(int count) => Enumerable.Range(0, count).Select(i => Attribute($"k{i}", Value(i)));

    private static void Add(RepeatedField<KeyValue> attributes, int count)
    {
        attributes.AddRange(Many(count).Skip(attributes.Count(a => a.Key.StartsWith('k'))));
    }

    // Other tests count, too.
    private static List<string> Reasons(Action act)
    {
        var reasons = new ConcurrentDictionary<string, bool>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == GrainsTelemetry.MeterName && instrument.Name == "otelorleans.decode.lossless")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => reasons.TryAdd((string)tags[0].Value!, true));
        listener.Start();
        act();
        return [.. reasons.Keys];
    }
}
