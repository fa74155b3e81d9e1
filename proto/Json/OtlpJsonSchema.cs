using Kind = OtelOrleans.Proto.Json.JsonFieldKind;

namespace OtelOrleans.Proto.Json;

/// <summary>
/// Every field of OTLP as JSON names it. <c>OtlpJsonSchemaTests</c> compares these tables with the schema in <c>opentelemetry/proto</c> and fails until both agree.
/// </summary>
internal static class OtlpJsonSchema
{
    private static readonly string[] SpanKinds =
        ["SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"];

    private static readonly string[] StatusCodes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

    private static readonly string[] Temporalities =
        ["AGGREGATION_TEMPORALITY_UNSPECIFIED", "AGGREGATION_TEMPORALITY_DELTA", "AGGREGATION_TEMPORALITY_CUMULATIVE"];

    // Six levels of four steps; the first step of each has no number in its name.
    private static readonly string[] SeverityNumbers =
    [
        "SEVERITY_NUMBER_UNSPECIFIED",
        .. new[] { "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL" }.SelectMany(level => new[] { "", "2", "3", "4" }.Select(step => $"SEVERITY_NUMBER_{level}{step}")),
    ];

    private static readonly JsonMessage KeyValue = DefineKeyValue();

    private static readonly JsonMessage AnyValue = KeyValue.Fields[1].Message!;

    private static readonly JsonMessage EntityRef = new(
        Field("schemaUrl", EntityRefFields.SchemaUrl, Kind.Text),
        Field("type", EntityRefFields.Type, Kind.Text),
        List("idKeys", EntityRefFields.IdKeys, Kind.Text),
        List("descriptionKeys", EntityRefFields.DescriptionKeys, Kind.Text));

    private static readonly JsonMessage Resource = new(
        List("attributes", ResourceFields.Attributes, KeyValue),
        Field("droppedAttributesCount", ResourceFields.DroppedAttributesCount, Kind.UInt32),
        List("entityRefs", ResourceFields.EntityRefs, EntityRef));

    private static readonly JsonMessage Scope = new(
        Field("name", ScopeFields.Name, Kind.Text),
        Field("version", ScopeFields.Version, Kind.Text),
        List("attributes", ScopeFields.Attributes, KeyValue),
        Field("droppedAttributesCount", ScopeFields.DroppedAttributesCount, Kind.UInt32));

    private static readonly JsonMessage SpanEvent = new(
        Field("timeUnixNano", SpanEventFields.TimeUnixNano, Kind.UInt64),
        Field("name", SpanEventFields.Name, Kind.Text),
        List("attributes", SpanEventFields.Attributes, KeyValue),
        Field("droppedAttributesCount", SpanEventFields.DroppedAttributesCount, Kind.UInt32));

    private static readonly JsonMessage SpanLink = new(
        Field("traceId", SpanLinkFields.TraceId, Kind.Id),
        Field("spanId", SpanLinkFields.SpanId, Kind.Id),
        Field("traceState", SpanLinkFields.TraceState, Kind.Text),
        List("attributes", SpanLinkFields.Attributes, KeyValue),
        Field("droppedAttributesCount", SpanLinkFields.DroppedAttributesCount, Kind.UInt32),
        Field("flags", SpanLinkFields.Flags, Kind.UInt32));

    private static readonly JsonMessage Status = new(
        Field("message", StatusFields.Message, Kind.Text),
        Field("code", StatusFields.Code, StatusCodes))
    {
        IsShort = true,
    };

    private static readonly JsonMessage Span = new(
        Field("traceId", SpanFields.TraceId, Kind.Id),
        Field("spanId", SpanFields.SpanId, Kind.Id),
        Field("traceState", SpanFields.TraceState, Kind.Text),
        Field("parentSpanId", SpanFields.ParentSpanId, Kind.Id),
        Field("flags", SpanFields.Flags, Kind.UInt32),
        Field("name", SpanFields.Name, Kind.Text),
        Field("kind", SpanFields.Kind, SpanKinds),
        Field("startTimeUnixNano", SpanFields.StartTimeUnixNano, Kind.UInt64),
        Field("endTimeUnixNano", SpanFields.EndTimeUnixNano, Kind.UInt64),
        List("attributes", SpanFields.Attributes, KeyValue),
        Field("droppedAttributesCount", SpanFields.DroppedAttributesCount, Kind.UInt32),
        List("events", SpanFields.Events, SpanEvent),
        Field("droppedEventsCount", SpanFields.DroppedEventsCount, Kind.UInt32),
        List("links", SpanFields.Links, SpanLink),
        Field("droppedLinksCount", SpanFields.DroppedLinksCount, Kind.UInt32),
        Field("status", SpanFields.Status, Status));

    private static readonly JsonMessage LogRecord = new(
        Field("timeUnixNano", LogRecordFields.TimeUnixNano, Kind.UInt64),
        Field("observedTimeUnixNano", LogRecordFields.ObservedTimeUnixNano, Kind.UInt64),
        Field("severityNumber", LogRecordFields.SeverityNumber, SeverityNumbers),
        Field("severityText", LogRecordFields.SeverityText, Kind.Text),
        Field("body", LogRecordFields.Body, AnyValue),
        List("attributes", LogRecordFields.Attributes, KeyValue),
        Field("droppedAttributesCount", LogRecordFields.DroppedAttributesCount, Kind.UInt32),
        Field("flags", LogRecordFields.Flags, Kind.UInt32),
        Field("traceId", LogRecordFields.TraceId, Kind.Id),
        Field("spanId", LogRecordFields.SpanId, Kind.Id),
        Field("eventName", LogRecordFields.EventName, Kind.Text));

    private static readonly JsonMessage Exemplar = new(
        List("filteredAttributes", ExemplarFields.FilteredAttributes, KeyValue),
        Field("timeUnixNano", ExemplarFields.TimeUnixNano, Kind.UInt64),
        Field("asDouble", ExemplarFields.AsDouble, Kind.Double),
        Field("asInt", ExemplarFields.AsInt, Kind.Int64),
        Field("spanId", ExemplarFields.SpanId, Kind.Id),
        Field("traceId", ExemplarFields.TraceId, Kind.Id));

    private static readonly JsonMessage NumberPoint = new(
        List("attributes", NumberPointFields.Attributes, KeyValue),
        Field("startTimeUnixNano", PointFields.StartTimeUnixNano, Kind.UInt64),
        Field("timeUnixNano", PointFields.TimeUnixNano, Kind.UInt64),
        Field("asDouble", NumberPointFields.AsDouble, Kind.Double),
        Field("asInt", NumberPointFields.AsInt, Kind.Int64),
        List("exemplars", NumberPointFields.Exemplars, Exemplar),
        Field("flags", NumberPointFields.Flags, Kind.UInt32));

    private static readonly JsonMessage HistogramPoint = new(
        List("attributes", HistogramPointFields.Attributes, KeyValue),
        Field("startTimeUnixNano", PointFields.StartTimeUnixNano, Kind.UInt64),
        Field("timeUnixNano", PointFields.TimeUnixNano, Kind.UInt64),
        Field("count", HistogramPointFields.Count, Kind.UInt64),
        Field("sum", HistogramPointFields.Sum, Kind.Double),
        List("bucketCounts", HistogramPointFields.BucketCountsPacked, Kind.UInt64, WireType.Fixed64),
        List("explicitBounds", HistogramPointFields.ExplicitBoundsPacked, Kind.Double, WireType.Fixed64),
        List("exemplars", HistogramPointFields.Exemplars, Exemplar),
        Field("flags", HistogramPointFields.Flags, Kind.UInt32),
        Field("min", HistogramPointFields.Min, Kind.Double),
        Field("max", HistogramPointFields.Max, Kind.Double));

    private static readonly JsonMessage Buckets = new(
        Field("offset", BucketsFields.Offset, Kind.SInt32),
        List("bucketCounts", BucketsFields.BucketCountsPacked, Kind.UInt64, WireType.Varint));

    private static readonly JsonMessage ExponentialPoint = new(
        List("attributes", ExponentialPointFields.Attributes, KeyValue),
        Field("startTimeUnixNano", PointFields.StartTimeUnixNano, Kind.UInt64),
        Field("timeUnixNano", PointFields.TimeUnixNano, Kind.UInt64),
        Field("count", ExponentialPointFields.Count, Kind.UInt64),
        Field("sum", ExponentialPointFields.Sum, Kind.Double),
        Field("scale", ExponentialPointFields.Scale, Kind.SInt32),
        Field("zeroCount", ExponentialPointFields.ZeroCount, Kind.UInt64),
        Field("positive", ExponentialPointFields.Positive, Buckets),
        Field("negative", ExponentialPointFields.Negative, Buckets),
        Field("flags", ExponentialPointFields.Flags, Kind.UInt32),
        List("exemplars", ExponentialPointFields.Exemplars, Exemplar),
        Field("min", ExponentialPointFields.Min, Kind.Double),
        Field("max", ExponentialPointFields.Max, Kind.Double),
        Field("zeroThreshold", ExponentialPointFields.ZeroThreshold, Kind.Double));

    private static readonly JsonMessage Quantile = new(
        Field("quantile", QuantileFields.Quantile, Kind.Double),
        Field("value", QuantileFields.Value, Kind.Double));

    private static readonly JsonMessage SummaryPoint = new(
        List("attributes", SummaryPointFields.Attributes, KeyValue),
        Field("startTimeUnixNano", PointFields.StartTimeUnixNano, Kind.UInt64),
        Field("timeUnixNano", PointFields.TimeUnixNano, Kind.UInt64),
        Field("count", SummaryPointFields.Count, Kind.UInt64),
        Field("sum", SummaryPointFields.Sum, Kind.Double),
        List("quantileValues", SummaryPointFields.QuantileValues, Quantile),
        Field("flags", SummaryPointFields.Flags, Kind.UInt32));

    private static readonly JsonMessage Metric = new(
        Field("name", MetricFields.Name, Kind.Text),
        Field("description", MetricFields.Description, Kind.Text),
        Field("unit", MetricFields.Unit, Kind.Text),
        Field("gauge", MetricFields.Gauge, new JsonMessage(Points(NumberPoint))),
        Field("sum", MetricFields.Sum, new JsonMessage(Points(NumberPoint), Temporality(), Field("isMonotonic", MetricDataFields.IsMonotonic, Kind.Bool))),
        Field("histogram", MetricFields.Histogram, new JsonMessage(Points(HistogramPoint), Temporality())),
        Field("exponentialHistogram", MetricFields.ExponentialHistogram, new JsonMessage(Points(ExponentialPoint), Temporality())),
        Field("summary", MetricFields.Summary, new JsonMessage(Points(SummaryPoint))),
        List("metadata", MetricFields.Metadata, KeyValue));

    /// <summary><c>ExportTraceServiceRequest</c>.</summary>
    public static JsonMessage Traces { get; } = Request("resourceSpans", "scopeSpans", "spans", Span);

    /// <summary><c>ExportLogsServiceRequest</c>.</summary>
    public static JsonMessage Logs { get; } = Request("resourceLogs", "scopeLogs", "logRecords", LogRecord);

    /// <summary><c>ExportMetricsServiceRequest</c>.</summary>
    public static JsonMessage Metrics { get; } = Request("resourceMetrics", "scopeMetrics", "metrics", Metric);

    // The envelope around items has the same field numbers for all signals, and names of its own for each.
    private static JsonMessage Request(string resources, string scopes, string items, JsonMessage item) => new(
        List(resources, RequestFields.Resources, new JsonMessage(
            Field("resource", ResourceItemsFields.Resource, Resource),
            List(scopes, ResourceItemsFields.Scopes, new JsonMessage(
                Field("scope", ScopeItemsFields.Scope, Scope),
                List(items, ScopeItemsFields.Items, item),
                Field("schemaUrl", ScopeItemsFields.SchemaUrl, Kind.Text))),
            Field("schemaUrl", ResourceItemsFields.SchemaUrl, Kind.Text))));

    // A value holds lists of values, and lists of attributes that hold values.
    private static JsonMessage DefineKeyValue()
    {
        JsonMessage attribute = new() { IsShort = true }, value = new() { IsShort = true };
        attribute.Define(
            Field("key", KeyValueFields.Key, Kind.Text),
            Field("value", KeyValueFields.Value, value));
        value.Define(
            Field("stringValue", AnyValueFields.StringValue, Kind.Text),
            Field("boolValue", AnyValueFields.BoolValue, Kind.Bool),
            Field("intValue", AnyValueFields.IntValue, Kind.Int64),
            Field("doubleValue", AnyValueFields.DoubleValue, Kind.Double),
            Field("arrayValue", AnyValueFields.ArrayValue, new JsonMessage(new JsonField("values", ListFields.Values, Kind.Message) { IsRepeated = true, Message = value, NullIsEmpty = true })),
            Field("kvlistValue", AnyValueFields.KeyValueListValue, new JsonMessage(List("values", ListFields.Values, attribute))),
            Field("bytesValue", AnyValueFields.BytesValue, Kind.Bytes));
        return attribute;
    }

    private static JsonField Points(JsonMessage point) => List("dataPoints", MetricDataFields.DataPoints, point);

    private static JsonField Temporality() => Field("aggregationTemporality", MetricDataFields.AggregationTemporality, Temporalities);

    private static JsonField Field(string name, uint tag, Kind kind) => new(name, tag, kind);

    private static JsonField Field(string name, uint tag, JsonMessage message) => new(name, tag, Kind.Message) { Message = message };

    private static JsonField Field(string name, uint tag, string[] enumNames) => new(name, tag, Kind.Enum) { EnumNames = enumNames };

    private static JsonField List(string name, uint tag, JsonMessage message) => new(name, tag, Kind.Message) { IsRepeated = true, Message = message };

    private static JsonField List(string name, uint tag, Kind kind, uint valueType = WireType.Bytes) => new(name, tag, kind) { IsRepeated = true, ValueType = valueType };
}
