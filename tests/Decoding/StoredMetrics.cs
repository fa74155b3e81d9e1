using Google.Protobuf;
using OpenTelemetry.Proto.Metrics.V1;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Rebuilds from rows the metrics that were sent, each with one data point; exemplars belong to a point by series and time.</summary>
internal sealed class StoredMetrics
{
    private readonly Dictionary<long, RowReader.Row> _series;
    private readonly Dictionary<long, double[]> _bounds;
    private readonly ILookup<(long, ulong), RowReader.Row> _exemplars;

    public StoredMetrics(Func<CopyLayout, List<RowReader.Row>> rows)
    {
        _series = rows(CopyLayouts.MetricSeries).DistinctBy(r => r.Id).ToDictionary(r => r.Id);
        _bounds = rows(CopyLayouts.HistogramBounds).DistinctBy(r => r.Id).ToDictionary(r => r.Id, r => (double[])r["explicit_bounds"]!);
        _exemplars = rows(CopyLayouts.Exemplars).ToLookup(r => ((long)r["series_id"]!, r.UnixNano("point_time", "point_ns")!.Value));
    }

    public Metric Number(RowReader.Row row)
    {
        var point = Original(row, NumberDataPoint.Parser);
        if (point is null)
        {
            point = new();
            (point.TimeUnixNano, point.StartTimeUnixNano, point.Flags) = Head(row);
            if (row["value_double"] is double d)
            {
                point.AsDouble = d;
            }

            if (row["value_int"] is long i)
            {
                point.AsInt = i;
            }

            point.Exemplars.AddRange(ExemplarsOf(row));
        }

        var metric = MetricOf(row, out var attributes, out var temporality, out var isMonotonic);
        point.Attributes.Clear();
        point.Attributes.AddRange(attributes);
        if ((short)_series[(long)row["series_id"]!]["type"]! == 1)
        {
            metric.Gauge = new() { DataPoints = { point } };
        }
        else
        {
            metric.Sum = new() { DataPoints = { point }, AggregationTemporality = temporality, IsMonotonic = isMonotonic };
        }

        return metric;
    }

    public Metric Histogram(RowReader.Row row)
    {
        var point = Original(row, HistogramDataPoint.Parser);
        if (point is null)
        {
            point = new() { Count = (ulong)row["count"]! };
            (point.TimeUnixNano, point.StartTimeUnixNano, point.Flags) = Head(row);
            Set(row["sum"], v => point.Sum = v);
            Set(row["min"], v => point.Min = v);
            Set(row["max"], v => point.Max = v);
            point.BucketCounts.AddRange(Counts(row["bucket_counts"]));
            point.ExplicitBounds.AddRange(row["bounds_id"] is long id ? _bounds[id] : []);
            point.Exemplars.AddRange(ExemplarsOf(row));
        }

        var metric = MetricOf(row, out var attributes, out var temporality, out _);
        point.Attributes.Clear();
        point.Attributes.AddRange(attributes);
        metric.Histogram = new() { DataPoints = { point }, AggregationTemporality = temporality };
        return metric;
    }

    public Metric Exponential(RowReader.Row row)
    {
        var point = Original(row, ExponentialHistogramDataPoint.Parser);
        if (point is null)
        {
            point = new() { Count = (ulong)row["count"]!, ZeroCount = (ulong)row["zero_count"]!, ZeroThreshold = (double)row["zero_threshold"]!, Scale = (int)row["scale"]! };
            (point.TimeUnixNano, point.StartTimeUnixNano, point.Flags) = Head(row);
            Set(row["sum"], v => point.Sum = v);
            Set(row["min"], v => point.Min = v);
            Set(row["max"], v => point.Max = v);
            point.Positive = Buckets(row, "positive_offset", "positive_counts");
            point.Negative = Buckets(row, "negative_offset", "negative_counts");
            point.Exemplars.AddRange(ExemplarsOf(row));
        }

        var metric = MetricOf(row, out var attributes, out var temporality, out _);
        point.Attributes.Clear();
        point.Attributes.AddRange(attributes);
        metric.ExponentialHistogram = new() { DataPoints = { point }, AggregationTemporality = temporality };
        return metric;
    }

    public Metric Summary(RowReader.Row row)
    {
        var point = Original(row, SummaryDataPoint.Parser);
        if (point is null)
        {
            point = new() { Count = (ulong)row["count"]!, Sum = (double?)row["sum"] ?? 0 };
            (point.TimeUnixNano, point.StartTimeUnixNano, point.Flags) = Head(row);
            var values = (double[]?)row["quantile_values"] ?? [];
            point.QuantileValues.AddRange(((double[]?)row["quantiles"] ?? []).Zip(values, (q, v) => new SummaryDataPoint.Types.ValueAtQuantile { Quantile = q, Value = v }));
        }

        var metric = MetricOf(row, out var attributes, out _, out _);
        point.Attributes.Clear();
        point.Attributes.AddRange(attributes);
        metric.Summary = new() { DataPoints = { point } };
        return metric;
    }

    private static Exemplar ExemplarOf(RowReader.Row row)
    {
        if (Original(row, Exemplar.Parser) is { } original)
        {
            return original;
        }

        var exemplar = new Exemplar
        {
            TimeUnixNano = row.UnixNano("time", "time_ns")!.Value,
            TraceId = StoredMessages.Id(row.Text("trace_id")),
            SpanId = StoredMessages.Id(row.Text("span_id")),
        };
        if (row["value_double"] is double d)
        {
            exemplar.AsDouble = d;
        }

        if (row["value_int"] is long i)
        {
            exemplar.AsInt = i;
        }

        JsonValues.Into(exemplar.FilteredAttributes, row.OptionalJson("filtered_attributes"));
        return exemplar;
    }

    private static T? Original<T>(RowReader.Row row, MessageParser<T> parser)
        where T : class, IMessage<T> => row.Bytes("lossless") is { } original ? parser.ParseFrom(original) : null;

    private static (ulong Time, ulong Start, uint Flags) Head(RowReader.Row row) =>
        (row.UnixNano("time", "time_ns")!.Value, row.UnixNano("start_time", "start_ns") ?? 0, (uint)(int)row["flags"]!);

    private static void Set(object? value, Action<double> set)
    {
        if (value is double present)
        {
            set(present);
        }
    }

    private static ulong[] Counts(object? counts) => [.. ((long[]?)counts ?? []).Select(c => (ulong)c)];

    private static ExponentialHistogramDataPoint.Types.Buckets? Buckets(RowReader.Row row, string offset, string counts) =>
        row[offset] is int present ? new() { Offset = present, BucketCounts = { Counts(row[counts]) } } : null;

    private IEnumerable<Exemplar> ExemplarsOf(RowReader.Row point) =>
        _exemplars[((long)point["series_id"]!, point.UnixNano("time", "time_ns")!.Value)].Select(ExemplarOf);

    // What a series says; its lossless is a metric with one point of nothing but attributes.
    private Metric MetricOf(
        RowReader.Row point, out IEnumerable<OpenTelemetry.Proto.Common.V1.KeyValue> attributes, out AggregationTemporality temporality, out bool isMonotonic)
    {
        var row = _series[(long)point["series_id"]!];
        if (Original(row, Metric.Parser) is { } original)
        {
            attributes = original.Gauge?.DataPoints[0].Attributes ?? original.Sum?.DataPoints[0].Attributes ?? original.Histogram?.DataPoints[0].Attributes
                ?? original.ExponentialHistogram?.DataPoints[0].Attributes ?? original.Summary!.DataPoints[0].Attributes;
            temporality = original.Sum?.AggregationTemporality ?? original.Histogram?.AggregationTemporality ?? original.ExponentialHistogram?.AggregationTemporality ?? default;
            isMonotonic = original.Sum?.IsMonotonic ?? false;
            return new() { Name = original.Name, Description = original.Description, Unit = original.Unit, Metadata = { original.Metadata } };
        }

        var metric = new Metric { Name = row.Text("metric_name"), Description = row.Text("description") ?? "", Unit = row.Text("unit") ?? "" };
        JsonValues.Into(metric.Metadata, row.OptionalJson("metadata"));
        var list = new Google.Protobuf.Collections.RepeatedField<OpenTelemetry.Proto.Common.V1.KeyValue>();
        JsonValues.Into(list, row.OptionalJson("attributes"));
        attributes = list;
        temporality = (AggregationTemporality)(short)row["temporality"]!;
        isMonotonic = (bool?)row["is_monotonic"] ?? false;
        return metric;
    }
}
