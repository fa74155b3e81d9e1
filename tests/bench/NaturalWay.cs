using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench;

/// <summary>
/// What one would write without thinking of speed, to compare with: generated classes, plain objects, System.Text.Json, then the columns one by one into the binary format of
/// COPY, as Npgsql's importer writes them.
/// </summary>
internal sealed class NaturalWay : IDisposable
{
    private readonly MemoryStream _rows = new();

    public void Dispose() => _rows.Dispose();

    /// <summary>Decodes a payload and encodes its rows; returns their bytes.</summary>
    public long Run(Signal signal, byte[] payload)
    {
        _rows.SetLength(0);
        switch (signal)
        {
            case Signal.Traces:
                foreach (var r in TracesData.Parser.ParseFrom(payload).ResourceSpans)
                {
                    var (resource, service) = ResourceOf(r.Resource.Attributes);
                    foreach (var span in r.ScopeSpans.SelectMany(s => s.Spans))
                    {
                        Write(SpanObject.Of(span, resource, service));
                    }
                }

                break;
            case Signal.Logs:
                foreach (var r in LogsData.Parser.ParseFrom(payload).ResourceLogs)
                {
                    var (resource, service) = ResourceOf(r.Resource.Attributes);
                    foreach (var record in r.ScopeLogs.SelectMany(s => s.LogRecords))
                    {
                        Row(resource, service, record.TimeUnixNano, (int)record.Flags, (short)record.SeverityNumber, Hex(record.TraceId), Hex(record.SpanId),
                            record.SeverityText, record.EventName, record.Body?.StringValue ?? "", JsonSerializer.Serialize(AttributesOf(record.Attributes)));
                    }
                }

                break;
            default:
                foreach (var r in MetricsData.Parser.ParseFrom(payload).ResourceMetrics)
                {
                    var (resource, service) = ResourceOf(r.Resource.Attributes);
                    foreach (var metric in r.ScopeMetrics.SelectMany(s => s.Metrics))
                    {
                        Points(metric, resource, service);
                    }
                }

                break;
        }

        return _rows.Length;
    }

    private void Points(Metric metric, string resource, string service)
    {
        foreach (var point in metric.Gauge?.DataPoints ?? metric.Sum?.DataPoints ?? [])
        {
            Row(resource, service, point.TimeUnixNano, (int)point.Flags, 0, metric.Name, metric.Unit, point.HasAsDouble ? point.AsDouble : (object)point.AsInt, JsonSerializer.Serialize(AttributesOf(point.Attributes)));
        }

        foreach (var point in metric.Histogram?.DataPoints ?? [])
        {
            Row(resource, service, point.TimeUnixNano, (int)point.Flags, 0, metric.Name, metric.Unit, (long)point.Count, point.Sum,
                JsonSerializer.Serialize(point.BucketCounts), JsonSerializer.Serialize(point.ExplicitBounds), JsonSerializer.Serialize(AttributesOf(point.Attributes)));
        }
    }

    private void Write(SpanObject span) => Row(
        span.Resource, span.Service, span.Start, span.Flags, span.Kind, (long)(span.End - span.Start), span.Status, span.TraceId, span.SpanId, span.ParentSpanId, span.Name, span.StatusMessage,
        span.TraceState, JsonSerializer.Serialize(span.Attributes), JsonSerializer.Serialize(span.Events), JsonSerializer.Serialize(span.Links));

    private void Row(string resource, string service, ulong time, int flags, short kind, params object[] rest)
    {
        Span<byte> head = stackalloc byte[2];
        BinaryPrimitives.WriteInt16BigEndian(head, (short)(5 + rest.Length));
        _rows.Write(head);
        Column(resource);
        Column(service);
        Column((long)(time / 1000) - 946_684_800_000_000);
        Column(flags);
        Column(kind);
        foreach (var value in rest)
        {
            Column(value);
        }
    }

    private void Column(object value)
    {
        Span<byte> bytes = stackalloc byte[12];
        switch (value)
        {
            case string text:
                var utf8 = Encoding.UTF8.GetBytes(text);
                BinaryPrimitives.WriteInt32BigEndian(bytes, utf8.Length);
                _rows.Write(bytes[..4]);
                _rows.Write(utf8);
                break;
            case short number:
                BinaryPrimitives.WriteInt32BigEndian(bytes, 2);
                BinaryPrimitives.WriteInt16BigEndian(bytes[4..], number);
                _rows.Write(bytes[..6]);
                break;
            case int number:
                BinaryPrimitives.WriteInt32BigEndian(bytes, 4);
                BinaryPrimitives.WriteInt32BigEndian(bytes[4..], number);
                _rows.Write(bytes[..8]);
                break;
            case long number:
                BinaryPrimitives.WriteInt32BigEndian(bytes, 8);
                BinaryPrimitives.WriteInt64BigEndian(bytes[4..], number);
                _rows.Write(bytes);
                break;
            case double number:
                BinaryPrimitives.WriteInt32BigEndian(bytes, 8);
                BinaryPrimitives.WriteDoubleBigEndian(bytes[4..], number);
                _rows.Write(bytes);
                break;
        }
    }

    private static (string Json, string Service) ResourceOf(RepeatedField<KeyValue> attributes) =>
        (JsonSerializer.Serialize(AttributesOf(attributes)), attributes.FirstOrDefault(a => a.Key == "service.name")?.Value?.StringValue ?? "unknown_service");

    private static string Hex(Google.Protobuf.ByteString id) => Convert.ToHexStringLower(id.Span);

    private static Dictionary<string, object?> AttributesOf(RepeatedField<KeyValue> attributes)
    {
        var all = new Dictionary<string, object?>(attributes.Count);
        foreach (var attribute in attributes)
        {
            all[attribute.Key] = ValueOf(attribute.Value);
        }

        return all;
    }

    private static object? ValueOf(AnyValue? value) => value?.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue,
        AnyValue.ValueOneofCase.IntValue => value.IntValue,
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue,
        AnyValue.ValueOneofCase.BytesValue => value.BytesValue.ToByteArray(),
        AnyValue.ValueOneofCase.ArrayValue => value.ArrayValue.Values.Select(ValueOf).ToList(),
        AnyValue.ValueOneofCase.KvlistValue => AttributesOf(value.KvlistValue.Values),
        _ => null,
    };

    private sealed record EventObject(ulong Time, string Name, Dictionary<string, object?> Attributes, uint Dropped);

    private sealed record LinkObject(string TraceId, string SpanId, string TraceState, Dictionary<string, object?> Attributes, uint Dropped);

    private sealed class SpanObject
    {
        public required string Resource { get; init; }

        public required string Service { get; init; }

        public required string TraceId { get; init; }

        public required string SpanId { get; init; }

        public required string ParentSpanId { get; init; }

        public required string Name { get; init; }

        public required string TraceState { get; init; }

        public required string StatusMessage { get; init; }

        public required short Status { get; init; }

        public required short Kind { get; init; }

        public required int Flags { get; init; }

        public required ulong Start { get; init; }

        public required ulong End { get; init; }

        public required Dictionary<string, object?> Attributes { get; init; }

        public required List<EventObject> Events { get; init; }

        public required List<LinkObject> Links { get; init; }

        public static SpanObject Of(Span span, string resource, string service) => new()
        {
            Resource = resource,
            Service = service,
            TraceId = Hex(span.TraceId),
            SpanId = Hex(span.SpanId),
            ParentSpanId = Hex(span.ParentSpanId),
            Name = span.Name,
            TraceState = span.TraceState,
            StatusMessage = span.Status?.Message ?? "",
            Status = (short)(span.Status?.Code ?? 0),
            Kind = (short)span.Kind,
            Flags = (int)span.Flags,
            Start = span.StartTimeUnixNano,
            End = span.EndTimeUnixNano,
            Attributes = AttributesOf(span.Attributes),
            Events = [.. span.Events.Select(e => new EventObject(e.TimeUnixNano, e.Name, AttributesOf(e.Attributes), e.DroppedAttributesCount))],
            Links = [.. span.Links.Select(l => new LinkObject(Hex(l.TraceId), Hex(l.SpanId), l.TraceState, AttributesOf(l.Attributes), l.DroppedAttributesCount))],
        };
    }
}
