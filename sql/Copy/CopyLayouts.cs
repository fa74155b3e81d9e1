using System.Diagnostics.CodeAnalysis;

namespace OtelOrleans.Sql.Copy;

/// <summary>Every layout this version writes. Checked against <c>pg_catalog</c> when the silo starts.</summary>
public static class CopyLayouts
{
    private const string Int2 = "smallint", Int4 = "integer", Int8 = "bigint", Float8 = "double precision", Bool = "boolean", Text = "text",
        Jsonb = "jsonb", Bytea = "bytea", Numeric20 = "numeric(20,0)", TimestampTz = "timestamp with time zone", Int2Array = "smallint[]", Int4Array = "integer[]", Int8Array = "bigint[]", Float8Array = "double precision[]";

    /// <summary>One row per span.</summary>
    public static CopyLayout Spans { get; } = new(1, CopyRole.Data, "spans",
        new("start_time", TimestampTz), new("duration_ns", Int8), new("resource_id", Int8), new("scope_id", Int8), new("flags", Int4), new("start_ns", Int2),
        new("kind", Int2), new("status_code", Int2), new("trace_id", Text), new("span_id", Text), new("parent_span_id", Text), new("service_name", Text),
        new("name", Text), new("status_message", Text), new("trace_state", Text), new("attributes", Jsonb), new("events", Jsonb), new("links", Jsonb),
        new("dropped", Jsonb), new("lossless", Bytea));

    /// <summary>One row per log record.</summary>
    public static CopyLayout LogRecords { get; } = new(2, CopyRole.Data, "log_records",
        new("time", TimestampTz), new("observed_time", TimestampTz), new("resource_id", Int8), new("scope_id", Int8), new("flags", Int4), new("time_ns", Int2),
        new("observed_ns", Int2), new("severity_number", Int2), new("time_missing", Bool), new("trace_id", Text), new("span_id", Text), new("service_name", Text),
        new("severity_text", Text), new("event_name", Text), new("body", Text), new("body_json", Jsonb), new("attributes", Jsonb),
        new("dropped_attributes_count", Int8), new("lossless", Bytea));

    /// <summary>One row per data point of a gauge or sum.</summary>
    public static CopyLayout NumberPoints { get; } = new(3, CopyRole.Data, "metric_number_points",
        new("time", TimestampTz), new("start_time", TimestampTz), new("series_id", Int8), new("value_double", Float8), new("value_int", Int8), new("flags", Int4),
        new("time_ns", Int2), new("start_ns", Int2), new("lossless", Bytea));

    /// <summary>One row per data point of a histogram.</summary>
    public static CopyLayout HistogramPoints { get; } = new(4, CopyRole.Data, "metric_histogram_points",
        new("time", TimestampTz), new("start_time", TimestampTz), new("series_id", Int8), new("count", Numeric20), new("sum", Float8), new("min", Float8),
        new("max", Float8), new("bounds_id", Int8), new("flags", Int4), new("time_ns", Int2), new("start_ns", Int2), new("bucket_counts", Int8Array),
        new("lossless", Bytea));

    /// <summary>One row per data point of an exponential histogram.</summary>
    public static CopyLayout ExponentialHistogramPoints { get; } = new(5, CopyRole.Data, "metric_exp_histogram_points",
        new("time", TimestampTz), new("start_time", TimestampTz), new("series_id", Int8), new("count", Numeric20), new("sum", Float8), new("min", Float8),
        new("max", Float8), new("zero_count", Numeric20), new("zero_threshold", Float8), new("scale", Int4), new("positive_offset", Int4),
        new("negative_offset", Int4), new("flags", Int4), new("time_ns", Int2), new("start_ns", Int2), new("positive_counts", Int8Array),
        new("negative_counts", Int8Array), new("lossless", Bytea));

    /// <summary>One row per data point of a summary.</summary>
    public static CopyLayout SummaryPoints { get; } = new(6, CopyRole.Data, "metric_summary_points",
        new("time", TimestampTz), new("start_time", TimestampTz), new("series_id", Int8), new("count", Numeric20), new("sum", Float8), new("flags", Int4),
        new("time_ns", Int2), new("start_ns", Int2), new("quantiles", Float8Array), new("quantile_values", Float8Array),
        new("lossless", Bytea));

    /// <summary>One row per exemplar of a data point.</summary>
    public static CopyLayout Exemplars { get; } = new(7, CopyRole.Data, "metric_exemplars",
        new("time", TimestampTz), new("point_time", TimestampTz), new("series_id", Int8), new("value_double", Float8), new("value_int", Int8),
        new("time_ns", Int2), new("point_ns", Int2), new("trace_id", Text), new("span_id", Text), new("filtered_attributes", Jsonb), new("lossless", Bytea));

    /// <summary>One row per payload, or part of a payload, that cannot be stored.</summary>
    public static CopyLayout DeadLetters { get; } = new(8, CopyRole.Data, "dead_letters",
        new("topic", Text), new("partition", Int4), new("offset", Int8), new("item_index", Int4), new("record_time", TimestampTz), new("signal", Text),
        new("reason", Text), new("sqlstate", Text), new("error", Text), new("payload", Bytea),
        new("service_name", Text), new("content_encoding", Text), new("row_layout", Int2));

    /// <summary>One row per distinct resource.</summary>
    public static CopyLayout Resources { get; } = new(101, CopyRole.Dimension, "resources",
        new("resource_id", Int8), new("service_name", Text), new("service_namespace", Text), new("service_instance_id", Text), new("schema_url", Text),
        new("dropped_attributes_count", Int8), new("attributes", Jsonb), new("entity_refs", Jsonb), new("lossless", Bytea));

    /// <summary>One row per distinct instrumentation scope.</summary>
    public static CopyLayout Scopes { get; } = new(102, CopyRole.Dimension, "scopes",
        new("scope_id", Int8), new("name", Text), new("version", Text), new("schema_url", Text), new("dropped_attributes_count", Int8), new("attributes", Jsonb),
        new("lossless", Bytea));

    /// <summary>One row per distinct metric stream: resource, scope, metric and attributes.</summary>
    public static CopyLayout MetricSeries { get; } = new(103, CopyRole.Dimension, "metric_series",
        new("series_id", Int8), new("resource_id", Int8), new("scope_id", Int8), new("type", Int2), new("temporality", Int2), new("is_monotonic", Bool),
        new("service_name", Text), new("metric_name", Text), new("unit", Text), new("description", Text), new("attributes", Jsonb), new("metadata", Jsonb),
        new("lossless", Bytea));

    /// <summary>One row per distinct list of explicit histogram bounds.</summary>
    public static CopyLayout HistogramBounds { get; } = new(104, CopyRole.Dimension, "metric_histogram_bounds",
        new("bounds_id", Int8), new("explicit_bounds", Float8Array));

    /// <summary>The tables of data, in ascending order of id.</summary>
    public static IReadOnlyList<CopyLayout> Data { get; } =
        [Spans, LogRecords, NumberPoints, HistogramPoints, ExponentialHistogramPoints, SummaryPoints, Exemplars, DeadLetters];

    /// <summary>One row per move of the ledger: what was stored with it. Between partition and service name a count for each table of <see cref="Data"/>, named as the table.</summary>
    public static CopyLayout Flushes { get; } = new(201, CopyRole.Flush, "ingest_flushes",
        [new("from_offset", Int8), new("to_offset", Int8), new("partition", Int4), .. Data.Select(l => new CopyColumn(l.Table, Int4)), new("service_name", Text), new("topic", Text),
            new("offsets", Int8Array), new("rows", Int4Array), new("decoded_rows", Int4Array), new("letters", Int4Array)]);

    /// <summary>What the spans of a transaction add to the rollups: one row per minute, service, span kind and name.</summary>
    public static CopyLayout RollupDeltas { get; } = new(202, CopyRole.Flush, "service_rollup_deltas",
        new("minute", TimestampTz), new("calls", Int8), new("errors", Int8), new("duration_ns_sum", Float8), new("duration_ns_min", Int8), new("duration_ns_max", Int8),
        new("kind", Int2), new("service_name", Text), new("name", Text), new("buckets", Int2Array), new("counts", Int8Array));

    /// <summary>All layouts; dimensions first, then data, each in ascending order of id, then what flushes say of themselves: the order in which a transaction touches the tables.</summary>
    public static IReadOnlyList<CopyLayout> All { get; } =
        [Resources, Scopes, MetricSeries, HistogramBounds, .. Data, Flushes, RollupDeltas];

    /// <summary>The layout with this id; false if this version does not know it.</summary>
    public static bool TryGet(short id, [NotNullWhen(true)] out CopyLayout? layout) => (layout = All.FirstOrDefault(l => l.Id == id)) is not null;
}
