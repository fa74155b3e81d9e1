using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry.Proto.Common.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class DimensionTests
{
    private static readonly byte[] s_span = Field(2, Field(2, NewSpan().ToByteArray()));

    [Fact]
    public void A_resource_has_one_id_whatever_its_wire_bytes()
    {
        byte[] Kv(string key, byte[] value) => Field(1, Field(1, System.Text.Encoding.UTF8.GetBytes(key)), Field(2, value));
        byte[] name = Kv("service.name", Value("shop").ToByteArray()), number = Kv("n", [0x18, 0x85, 0x01]), padded = Kv("n", [0x18, 0x85, 0x81, 0x80, 0x00]);
        byte[] padLength = [0x0A, (byte)((name.Length - 2) | 0x80), 0x80, 0x80, 0x00, .. name[2..]];
        byte[] valueFirst = Field(1, Field(2, [0x18, 0x85, 0x01]), Field(1, "n"u8.ToArray()));
        byte[] overwritten = Kv("n", [0x10, 1, 0x18, 0x85, 0x01]);
        byte[] unknown = [0xF8, 0x3E, 1], zeroDropped = [0x10, 0];
        byte[][] same =
        [
            Join(name, number), Join(number, name), Join(name, padded), Join(padLength, number), Join(valueFirst, name), Join(name, overwritten), Join(unknown, name, number, zeroDropped),
        ];
        byte[][] other = [name, Join(name, number, [0x10, 1]), Join(name, Kv("n", [0x18, 0x06])), Join(name, Kv("n", [0x10, 1])), Join(name, Kv("m", [0x18, 0x85, 0x01])), Join(name, number, number)];

        long[] IdsOf(byte[][] resources) => [.. resources.Select(r => Assert.Single(Dimensions(Decode(Signal.Traces, Field(1, Field(1, r), s_span)), CopyLayouts.Resources)).Id)];
        var id = Assert.Single(IdsOf(same).Distinct());
        Assert.Equal(other.Length, IdsOf(other).Except([id]).Distinct().Count());

        // All in one payload: one row.
        var all = Decode(Signal.Traces, Join([.. same.Select(r => Field(1, Field(1, r), s_span))]));
        Assert.Single(Dimensions(all, CopyLayouts.Resources));
        Assert.Equal(same.Length, Rows(all, CopyLayouts.Spans).Count);
    }

    [Fact]
    public void A_schema_url_makes_another_resource_and_scope()
    {
        byte[] resource = Field(1, Resource("shop").ToByteArray()), scope = Field(1, new InstrumentationScope { Name = "s" }.ToByteArray()), span = Field(2, NewSpan().ToByteArray()), url = Field(3, "u"u8.ToArray());
        var batches = Decode(Signal.Traces, Join(Field(1, resource, Field(2, scope, span)), Field(1, resource, url, Field(2, scope, span, url))));
        Assert.Equal([null, "u"], Dimensions(batches, CopyLayouts.Resources).Select(r => r.Text("schema_url")).Order());
        Assert.Equal([null, "u"], Dimensions(batches, CopyLayouts.Scopes).Select(r => r.Text("schema_url")).Order());
    }

    [Fact]
    public void Ids_are_what_a_stranger_would_compute()
    {
        // The canonical encoding of this one is what Google.Protobuf writes.
        var traces = Traces("shop", NewSpan());
        traces.ResourceSpans[0].SchemaUrl = "https://example.org/1";
        var batches = Decode(Signal.Traces, traces.ToByteArray());
        traces.ResourceSpans[0].ScopeSpans.Clear();
        var hash = System.Security.Cryptography.SHA256.HashData(traces.ResourceSpans[0].ToByteArray());
        Assert.Equal(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(hash), Assert.Single(Dimensions(batches, CopyLayouts.Resources)).Id);
    }

    [Fact]
    public void Entity_references_have_a_column_and_make_another_resource()
    {
        var resource = Resource("shop");
        var plain = Assert.Single(Dimensions(Decode(Signal.Traces, Field(1, Field(1, resource.ToByteArray()), s_span)), CopyLayouts.Resources));
        resource.EntityRefs.Add(new EntityRef { Type = "service", IdKeys = { "service.name" }, DescriptionKeys = { "x" }, SchemaUrl = "u" });
        var row = Assert.Single(Dimensions(Decode(Signal.Traces, Field(1, Field(1, resource.ToByteArray()), s_span)), CopyLayouts.Resources));
        Assert.Null(plain["entity_refs"]);
        Assert.Equal("[{\"type\":\"service\",\"id_keys\":[\"service.name\"],\"description_keys\":[\"x\"],\"schema_url\":\"u\"}]", row.Json("entity_refs").GetRawText());
        Assert.Null(row["lossless"]);
        Assert.NotEqual(plain.Id, row.Id);
    }

    [Fact]
    public void Service_attributes_have_columns()
    {
        var resource = Resource("shop");
        resource.Attributes.Add(Attribute("service.namespace", Value("eu")));
        resource.Attributes.Add(Attribute("service.instance.id", Value("i-1")));
        var row = Assert.Single(Dimensions(Decode(Signal.Traces, Field(1, Field(1, resource.ToByteArray()), s_span)), CopyLayouts.Resources));
        Assert.Equal(("shop", "eu", "i-1"), (row.Text("service_name"), row.Text("service_namespace"), row.Text("service_instance_id")));
    }

    [Fact]
    public void A_dimension_is_sent_until_it_is_known_to_be_stored_and_again_after_an_hour()
    {
        var time = new FakeTimeProvider();
        var cache = new DimensionCache();
        ChunkDecoder decoder = new(cache, time), other = new(cache, time);
        var chunk = Chunk(Signal.Traces, Traces("shop", NewSpan()).ToByteArray(), Traces("shop", NewSpan()).ToByteArray());
        Assert.Equal(2, Assert.Single(decoder.Decode(chunk)).Dimensions.Count);
        var batch = Assert.Single(decoder.Decode(chunk));
        Assert.Equal(2, batch.Batch.Dimensions.Sum(d => d.Rows));
        foreach (var dimension in batch.Dimensions)
        {
            dimension.MarkDurable(time);
        }

        Assert.Empty(Assert.Single(decoder.Decode(chunk)).Batch.Dimensions);
        Assert.Empty(Assert.Single(other.Decode(chunk)).Dimensions);
        time.Advance(Dimension.TrustedFor);
        Assert.Equal(2, Assert.Single(other.Decode(chunk)).Dimensions.Count);
    }

    [Fact]
    public void A_scope_that_two_services_share_goes_with_both()
    {
        var batches = Decode(Signal.Traces, Join(Traces("a", NewSpan()).ToByteArray(), Traces("b", NewSpan()).ToByteArray()));
        Assert.All(batches, b => Assert.Single(RowReader.DimensionsOf(b.Batch, CopyLayouts.Scopes)));
        Assert.Same(batches[0].Dimensions.Single(d => d.Layout == CopyLayouts.Scopes.Id), batches[1].Dimensions.Single(d => d.Layout == CopyLayouts.Scopes.Id));
    }

    [Fact]
    public void A_stream_of_new_resources_stays_within_the_bound_and_what_is_in_use_stays_known()
    {
        const int maxBytes = 20_000, oneEntry = 1_000;
        var cache = new DimensionCache(maxBytes);
        var decoder = new ChunkDecoder(cache, new FakeTimeProvider());
        byte[] hot = Resource("hot").ToByteArray(), cold = Resource("cold").ToByteArray();
        ResourceEntry first = cache.Resource(hot, []), forgotten = cache.Resource(cold, []);
        for (var i = 0; i < 2_000; i++)
        {
            var batch = Assert.Single(decoder.Decode(Chunk(Signal.Traces, Traces($"service-{i}", NewSpan()).ToByteArray())));
            Assert.Equal($"service-{i}", batch.ServiceName);
            Assert.InRange(cache.Bytes, 0, maxBytes + 2 * oneEntry);
            Assert.Same(first, cache.Resource(hot, []));
        }

        Assert.True(cache.Bytes > maxBytes / 2);
        Assert.NotSame(forgotten, cache.Resource(cold, []));
    }

    [Fact]
    public void Broken_metadata_is_refused_whether_or_not_its_series_is_known()
    {
        byte[] metric = Join(Field(1, "m"u8.ToArray()), Field(5, Field(1, [0x31, 1, 0, 0, 0, 0, 0, 0, 0])));
        var batches = Decode(Signal.Metrics, Request("shop", metric), Request("shop", Join(metric, Field(12, [0x0A, 0x7F]))));
        Assert.Equal("malformed_payload", Assert.Single(Rows(batches, CopyLayouts.DeadLetters))["reason"]);
        Assert.Single(Rows(batches, CopyLayouts.NumberPoints));
    }
}
