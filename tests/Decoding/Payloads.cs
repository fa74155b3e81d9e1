using Google.Protobuf;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Makes payloads, valid and otherwise, and decodes them.</summary>
internal static class Payloads
{
    public const long Offset = 40;
    public const long TimestampUnixMs = 1_700_000_000_123;

    public static readonly byte[] TraceId = [.. Enumerable.Range(1, 16).Select(i => (byte)(i * 13))];
    public static readonly byte[] SpanId = [1, 2, 3, 4, 5, 0xfd, 0xfe, 0xff];

    public static string Corpus(string file) => Path.Combine(AppContext.BaseDirectory, "Corpus", file);

    public static IReadOnlyList<DecodedBatch> Decode(Signal signal, params byte[][] payloads) =>
        NewDecoder().Decode(Chunk(signal, payloads));

    public static ChunkDecoder NewDecoder(DecodingOptions? options = null) =>
        new(new DimensionCache(limits: ValueLimits.Of(options ?? new())), new FakeTimeProvider(), Options.Create(options ?? new()));

    /// <summary>Decodes one value as it would come with this header <c>content-encoding</c>.</summary>
    public static IReadOnlyList<DecodedBatch> DecodeValue(Signal signal, byte[] value, string? contentEncoding, DecodingOptions? options = null)
    {
        using var decoder = NewDecoder(options);
        return decoder.Decode(new("otlp", 3, 1, 1, [new(Offset, TimestampUnixMs, signal, value, contentEncoding)]));
    }

    /// <summary>Reason and error of the one dead letter that is all there is, and checks that it holds the value.</summary>
    public static (string Reason, string Error) Refusal(IReadOnlyList<DecodedBatch> batches, byte[] value)
    {
        var batch = Assert.Single(batches);
        Assert.Equal("unknown_service", batch.ServiceName);
        Assert.Equal(CopyLayouts.DeadLetters.Id, Assert.Single(batch.Batch.Tables).Layout);
        Assert.Equal([Offset], batch.Batch.Offsets);
        Assert.Empty(batch.Dimensions);
        var letter = Assert.Single(RowReader.Of(batch.Batch, CopyLayouts.DeadLetters));
        Assert.Equal(value, letter.Bytes("payload"));
        Assert.Null(letter["item_index"]);
        return (letter.Text("reason")!, letter.Text("error")!);
    }

    public static Signal SignalOf(string file) =>
        file.Contains("-traces-", StringComparison.Ordinal) ? Signal.Traces : file.Contains("-logs-", StringComparison.Ordinal) ? Signal.Logs : Signal.Metrics;

    public static PayloadChunk Chunk(Signal signal, params byte[][] payloads) =>
        new("otlp", 3, 1, 1, [.. payloads.Select((p, i) => new PayloadRecord(Offset + i, TimestampUnixMs, signal, p))]);

    public static List<RowReader.Row> Rows(IReadOnlyList<DecodedBatch> batches, CopyLayout layout) => [.. batches.SelectMany(b => RowReader.Of(b.Batch, layout))];

    public static List<RowReader.Row> Dimensions(IReadOnlyList<DecodedBatch> batches, CopyLayout layout) =>
        [.. batches.SelectMany(b => RowReader.DimensionsOf(b.Batch, layout))];

    public static RowReader.Row SpanRow(byte[] payload) => Assert.Single(Rows(Decode(Signal.Traces, payload), CopyLayouts.Spans));

    public static RowReader.Row LogRow(byte[] payload) => Assert.Single(Rows(Decode(Signal.Logs, payload), CopyLayouts.LogRecords));

    public static KeyValue Attribute(string key, AnyValue? value) => new() { Key = key, Value = value };

    public static AnyValue Value(string text) => new() { StringValue = text };

    public static AnyValue Value(long number) => new() { IntValue = number };

    public static AnyValue Value(double number) => new() { DoubleValue = number };

    public static AnyValue ArrayOf(params AnyValue[] values) => new() { ArrayValue = new() { Values = { values } } };

    public static OpenTelemetry.Proto.Resource.V1.Resource Resource(string? service)
    {
        var resource = new OpenTelemetry.Proto.Resource.V1.Resource();
        if (service is not null)
        {
            resource.Attributes.Add(Attribute("service.name", Value(service)));
        }

        return resource;
    }

    public static Span NewSpan(Action<Span>? change = null)
    {
        var span = new Span
        {
            TraceId = ByteString.CopyFrom(TraceId),
            SpanId = ByteString.CopyFrom(SpanId),
            Name = "GET /",
            StartTimeUnixNano = 1_700_000_000_000_000_123,
            EndTimeUnixNano = 1_700_000_000_001_000_124,
        };
        change?.Invoke(span);
        return span;
    }

    public static TracesData Traces(string? service, params Span[] spans) => new()
    {
        ResourceSpans = { new ResourceSpans { Resource = Resource(service), ScopeSpans = { new ScopeSpans { Scope = new() { Name = "scope", Version = "1" }, Spans = { spans } } } } },
    };

    public static LogsData Logs(string? service, params LogRecord[] records) => new()
    {
        ResourceLogs = { new ResourceLogs { Resource = Resource(service), ScopeLogs = { new ScopeLogs { Scope = new() { Name = "scope" }, LogRecords = { records } } } } },
    };

    public static MetricsData Metrics(string? service, params Metric[] metrics) => new()
    {
        ResourceMetrics = { new ResourceMetrics { Resource = Resource(service), ScopeMetrics = { new ScopeMetrics { Scope = new() { Name = "scope" }, Metrics = { metrics } } } } },
    };

    /// <summary>A length-delimited field with these bytes.</summary>
    public static byte[] Field(int number, params byte[][] content)
    {
        var bytes = Join(content);
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(bytes));
        }

        return stream.ToArray();
    }

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(p => p)];

    /// <summary>A request with one resource, one scope and one item, of any signal, whose bytes are given.</summary>
    public static byte[] Request(string service, byte[] item) => Field(1, Field(1, Resource(service).ToByteArray()), Field(2, Field(2, item)));

    /// <summary>The fields of a message, each with its tag.</summary>
    public static List<byte[]> Fields(byte[] message)
    {
        List<byte[]> fields = [];
        using var input = new CodedInputStream(message);
        while (!input.IsAtEnd)
        {
            var start = (int)input.Position;
            input.ReadTag();
            input.SkipLastField();
            fields.Add(message[start..(int)input.Position]);
        }

        return fields;
    }
}
