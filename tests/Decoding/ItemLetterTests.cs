using Google.Protobuf;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>A refused item is kept as a payload of its own, so that it can be decoded again.</summary>
public sealed class ItemLetterTests
{
    [Fact]
    public void Each_refused_span_is_kept_with_its_own_resource_and_scope_and_nothing_else()
    {
        var payload = new TracesData();
        payload.MergeFrom(Traces("one", Bad("a"), NewSpan()));
        payload.MergeFrom(Traces("two", NewSpan(), Bad("b"), Bad("c")));
        payload.ResourceSpans[1].SchemaUrl = "https://example.com/resource";
        payload.ResourceSpans[1].ScopeSpans.Add(new ScopeSpans { Scope = new() { Name = "other" }, SchemaUrl = "https://example.com/scope", Spans = { NewSpan(), Bad("d") } });

        var letters = Rows(Decode(Signal.Traces, payload.ToByteArray()), CopyLayouts.DeadLetters);

        Assert.Equal([0, 3, 4, 6], letters.Select(l => l["item_index"]));
        Assert.Equal(["one", "two", "two", "two"], letters.Select(l => l.Text("service_name")));
        Assert.All(letters, l => Assert.Equal("identity", l.Text("content_encoding")));
        var envelopes = letters.ConvertAll(l => TracesData.Parser.ParseFrom(l.Bytes("payload")));
        Assert.Equal(["a", "b", "c", "d"], envelopes.Select(e => e.ResourceSpans.Single().ScopeSpans.Single().Spans.Single().Name));
        var last = payload.ResourceSpans[1].Clone();
        last.ScopeSpans.RemoveAt(0);
        last.ScopeSpans[0].Spans.RemoveAt(0);
        Assert.Equal(new TracesData { ResourceSpans = { last } }, envelopes[3]);
    }

    [Fact]
    public void Refused_items_that_would_multiply_a_large_resource_are_kept_as_the_payload_that_they_came_in()
    {
        var payload = Traces("shop", [.. Enumerable.Repeat(Bad(""), 1_000), NewSpan()]);
        payload.ResourceSpans[0].Resource.Attributes.Add(Attribute("k", Value(new string('x', 100_000))));
        var bytes = payload.ToByteArray();

        var batches = Decode(Signal.Traces, bytes);

        Assert.Equal(DeadLetterReason.TooManyRefusedItems, Refusal(batches, bytes).Reason);
    }

    private static Span Bad(string name) => NewSpan(s => (s.SpanId, s.Name) = (ByteString.CopyFrom(1, 2), name));
}
