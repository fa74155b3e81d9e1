// Tag of every OTLP field that is read, as WireReader.ReadTag returns it. The schema is in opentelemetry/proto.
#pragma warning disable CS1591 // A field's meaning stands in the schema; its name here is its name there.

namespace OtelOrleans.Proto;

/// <summary>Tags of <c>Export…ServiceRequest</c> of any signal; on the wire the same as <c>TracesData</c>, <c>LogsData</c>, <c>MetricsData</c>.</summary>
public static class RequestFields
{
    /// <summary><c>resource_spans</c>, <c>resource_logs</c>, <c>resource_metrics</c>.</summary>
    public const uint Resources = 1 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>ResourceSpans</c>, <c>ResourceLogs</c>, <c>ResourceMetrics</c>: the three have the same numbers.</summary>
public static class ResourceItemsFields
{
    public const uint Resource = 1 << 3 | WireType.Bytes;
    /// <summary><c>scope_spans</c>, <c>scope_logs</c>, <c>scope_metrics</c>.</summary>
    public const uint Scopes = 2 << 3 | WireType.Bytes;
    public const uint SchemaUrl = 3 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>ScopeSpans</c>, <c>ScopeLogs</c>, <c>ScopeMetrics</c>: the three have the same numbers.</summary>
public static class ScopeItemsFields
{
    public const uint Scope = 1 << 3 | WireType.Bytes;
    /// <summary><c>spans</c>, <c>log_records</c>, <c>metrics</c>.</summary>
    public const uint Items = 2 << 3 | WireType.Bytes;
    public const uint SchemaUrl = 3 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>Resource</c>.</summary>
public static class ResourceFields
{
    public const uint Attributes = 1 << 3 | WireType.Bytes;
    public const uint DroppedAttributesCount = 2 << 3 | WireType.Varint;
    public const uint EntityRefs = 3 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>EntityRef</c>.</summary>
public static class EntityRefFields
{
    public const uint SchemaUrl = 1 << 3 | WireType.Bytes;
    public const uint Type = 2 << 3 | WireType.Bytes;
    public const uint IdKeys = 3 << 3 | WireType.Bytes;
    public const uint DescriptionKeys = 4 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>InstrumentationScope</c>.</summary>
public static class ScopeFields
{
    public const uint Name = 1 << 3 | WireType.Bytes;
    public const uint Version = 2 << 3 | WireType.Bytes;
    public const uint Attributes = 3 << 3 | WireType.Bytes;
    public const uint DroppedAttributesCount = 4 << 3 | WireType.Varint;
}

/// <summary>Tags of <c>KeyValue</c>.</summary>
public static class KeyValueFields
{
    public const uint Key = 1 << 3 | WireType.Bytes;
    public const uint Value = 2 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>AnyValue</c>; one of them, the last one wins.</summary>
public static class AnyValueFields
{
    public const uint StringValue = 1 << 3 | WireType.Bytes;
    public const uint BoolValue = 2 << 3 | WireType.Varint;
    public const uint IntValue = 3 << 3 | WireType.Varint;
    public const uint DoubleValue = 4 << 3 | WireType.Fixed64;
    public const uint ArrayValue = 5 << 3 | WireType.Bytes;
    public const uint KeyValueListValue = 6 << 3 | WireType.Bytes;
    public const uint BytesValue = 7 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>ArrayValue</c> and <c>KeyValueList</c>.</summary>
public static class ListFields
{
    public const uint Values = 1 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>Span</c>.</summary>
public static class SpanFields
{
    public const uint TraceId = 1 << 3 | WireType.Bytes;
    public const uint SpanId = 2 << 3 | WireType.Bytes;
    public const uint TraceState = 3 << 3 | WireType.Bytes;
    public const uint ParentSpanId = 4 << 3 | WireType.Bytes;
    public const uint Name = 5 << 3 | WireType.Bytes;
    public const uint Kind = 6 << 3 | WireType.Varint;
    public const uint StartTimeUnixNano = 7 << 3 | WireType.Fixed64;
    public const uint EndTimeUnixNano = 8 << 3 | WireType.Fixed64;
    public const uint Attributes = 9 << 3 | WireType.Bytes;
    public const uint DroppedAttributesCount = 10 << 3 | WireType.Varint;
    public const uint Events = 11 << 3 | WireType.Bytes;
    public const uint DroppedEventsCount = 12 << 3 | WireType.Varint;
    public const uint Links = 13 << 3 | WireType.Bytes;
    public const uint DroppedLinksCount = 14 << 3 | WireType.Varint;
    public const uint Status = 15 << 3 | WireType.Bytes;
    public const uint Flags = 16 << 3 | WireType.Fixed32;
}

/// <summary>Tags of <c>Status</c>.</summary>
public static class StatusFields
{
    public const uint Message = 2 << 3 | WireType.Bytes;
    public const uint Code = 3 << 3 | WireType.Varint;
}

/// <summary>Tags of <c>Span.Event</c>.</summary>
public static class SpanEventFields
{
    public const uint TimeUnixNano = 1 << 3 | WireType.Fixed64;
    public const uint Name = 2 << 3 | WireType.Bytes;
    public const uint Attributes = 3 << 3 | WireType.Bytes;
    public const uint DroppedAttributesCount = 4 << 3 | WireType.Varint;
}

/// <summary>Tags of <c>Span.Link</c>.</summary>
public static class SpanLinkFields
{
    public const uint TraceId = 1 << 3 | WireType.Bytes;
    public const uint SpanId = 2 << 3 | WireType.Bytes;
    public const uint TraceState = 3 << 3 | WireType.Bytes;
    public const uint Attributes = 4 << 3 | WireType.Bytes;
    public const uint DroppedAttributesCount = 5 << 3 | WireType.Varint;
    public const uint Flags = 6 << 3 | WireType.Fixed32;
}

/// <summary>Tags of <c>LogRecord</c>.</summary>
public static class LogRecordFields
{
    public const uint TimeUnixNano = 1 << 3 | WireType.Fixed64;
    public const uint SeverityNumber = 2 << 3 | WireType.Varint;
    public const uint SeverityText = 3 << 3 | WireType.Bytes;
    public const uint Body = 5 << 3 | WireType.Bytes;
    public const uint Attributes = 6 << 3 | WireType.Bytes;
    public const uint DroppedAttributesCount = 7 << 3 | WireType.Varint;
    public const uint Flags = 8 << 3 | WireType.Fixed32;
    public const uint TraceId = 9 << 3 | WireType.Bytes;
    public const uint SpanId = 10 << 3 | WireType.Bytes;
    public const uint ObservedTimeUnixNano = 11 << 3 | WireType.Fixed64;
    public const uint EventName = 12 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>Metric</c>; the five kinds of data are a oneof, the last one wins.</summary>
public static class MetricFields
{
    public const uint Name = 1 << 3 | WireType.Bytes;
    public const uint Description = 2 << 3 | WireType.Bytes;
    public const uint Unit = 3 << 3 | WireType.Bytes;
    public const uint Gauge = 5 << 3 | WireType.Bytes;
    public const uint Sum = 7 << 3 | WireType.Bytes;
    public const uint Histogram = 9 << 3 | WireType.Bytes;
    public const uint ExponentialHistogram = 10 << 3 | WireType.Bytes;
    public const uint Summary = 11 << 3 | WireType.Bytes;
    public const uint Metadata = 12 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>Gauge</c>, <c>Sum</c>, <c>Histogram</c>, <c>ExponentialHistogram</c>, <c>Summary</c>: the five have the same numbers, so far as they have the fields.</summary>
public static class MetricDataFields
{
    public const uint DataPoints = 1 << 3 | WireType.Bytes;
    public const uint AggregationTemporality = 2 << 3 | WireType.Varint;
    public const uint IsMonotonic = 3 << 3 | WireType.Varint;
}

/// <summary>Tags of What all kinds of data points have in common.</summary>
public static class PointFields
{
    public const uint StartTimeUnixNano = 2 << 3 | WireType.Fixed64;
    public const uint TimeUnixNano = 3 << 3 | WireType.Fixed64;
}

/// <summary>Tags of <c>NumberDataPoint</c>; its two values are a oneof.</summary>
public static class NumberPointFields
{
    public const uint AsDouble = 4 << 3 | WireType.Fixed64;
    public const uint Exemplars = 5 << 3 | WireType.Bytes;
    public const uint AsInt = 6 << 3 | WireType.Fixed64;
    public const uint Attributes = 7 << 3 | WireType.Bytes;
    public const uint Flags = 8 << 3 | WireType.Varint;
}

/// <summary>Tags of <c>HistogramDataPoint</c>.</summary>
public static class HistogramPointFields
{
    public const uint Count = 4 << 3 | WireType.Fixed64;
    public const uint Sum = 5 << 3 | WireType.Fixed64;
    /// <summary>Unpacked.</summary>
    public const uint BucketCounts = 6 << 3 | WireType.Fixed64;
    /// <summary>Packed.</summary>
    public const uint BucketCountsPacked = 6 << 3 | WireType.Bytes;
    /// <summary>Unpacked.</summary>
    public const uint ExplicitBounds = 7 << 3 | WireType.Fixed64;
    /// <summary>Packed.</summary>
    public const uint ExplicitBoundsPacked = 7 << 3 | WireType.Bytes;
    public const uint Exemplars = 8 << 3 | WireType.Bytes;
    public const uint Attributes = 9 << 3 | WireType.Bytes;
    public const uint Flags = 10 << 3 | WireType.Varint;
    public const uint Min = 11 << 3 | WireType.Fixed64;
    public const uint Max = 12 << 3 | WireType.Fixed64;
}

/// <summary>Tags of <c>ExponentialHistogramDataPoint</c>.</summary>
public static class ExponentialPointFields
{
    public const uint Attributes = 1 << 3 | WireType.Bytes;
    public const uint Count = 4 << 3 | WireType.Fixed64;
    public const uint Sum = 5 << 3 | WireType.Fixed64;
    public const uint Scale = 6 << 3 | WireType.Varint;
    public const uint ZeroCount = 7 << 3 | WireType.Fixed64;
    public const uint Positive = 8 << 3 | WireType.Bytes;
    public const uint Negative = 9 << 3 | WireType.Bytes;
    public const uint Flags = 10 << 3 | WireType.Varint;
    public const uint Exemplars = 11 << 3 | WireType.Bytes;
    public const uint Min = 12 << 3 | WireType.Fixed64;
    public const uint Max = 13 << 3 | WireType.Fixed64;
    public const uint ZeroThreshold = 14 << 3 | WireType.Fixed64;
}

/// <summary>Tags of <c>ExponentialHistogramDataPoint.Buckets</c>.</summary>
public static class BucketsFields
{
    public const uint Offset = 1 << 3 | WireType.Varint;
    /// <summary>Unpacked.</summary>
    public const uint BucketCounts = 2 << 3 | WireType.Varint;
    /// <summary>Packed.</summary>
    public const uint BucketCountsPacked = 2 << 3 | WireType.Bytes;
}

/// <summary>Tags of <c>SummaryDataPoint</c>.</summary>
public static class SummaryPointFields
{
    public const uint Count = 4 << 3 | WireType.Fixed64;
    public const uint Sum = 5 << 3 | WireType.Fixed64;
    public const uint QuantileValues = 6 << 3 | WireType.Bytes;
    public const uint Attributes = 7 << 3 | WireType.Bytes;
    public const uint Flags = 8 << 3 | WireType.Varint;
}

/// <summary>Tags of <c>SummaryDataPoint.ValueAtQuantile</c>.</summary>
public static class QuantileFields
{
    public const uint Quantile = 1 << 3 | WireType.Fixed64;
    public const uint Value = 2 << 3 | WireType.Fixed64;
}

/// <summary>Tags of <c>Exemplar</c>; its two values are a oneof.</summary>
public static class ExemplarFields
{
    public const uint TimeUnixNano = 2 << 3 | WireType.Fixed64;
    public const uint AsDouble = 3 << 3 | WireType.Fixed64;
    public const uint SpanId = 4 << 3 | WireType.Bytes;
    public const uint TraceId = 5 << 3 | WireType.Bytes;
    public const uint AsInt = 6 << 3 | WireType.Fixed64;
    public const uint FilteredAttributes = 7 << 3 | WireType.Bytes;
}
