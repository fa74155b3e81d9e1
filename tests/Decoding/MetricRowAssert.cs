using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.OracleAssert;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Compares the rows of a batch of metrics, taken one after the other, with what Google.Protobuf read.</summary>
internal sealed class MetricRowAssert(RowBatch batch)
{
    private readonly Dictionary<long, RowReader.Row> _series = RowReader.DimensionsOf(batch, CopyLayouts.MetricSeries).ToDictionary(r => r.Id);
    private readonly Dictionary<long, RowReader.Row> _bounds = RowReader.DimensionsOf(batch, CopyLayouts.HistogramBounds).ToDictionary(r => r.Id);
    private readonly Queue<RowReader.Row> _numbers = new(RowReader.Of(batch, CopyLayouts.NumberPoints));
    private readonly Queue<RowReader.Row> _histograms = new(RowReader.Of(batch, CopyLayouts.HistogramPoints));
    private readonly Queue<RowReader.Row> _exponentials = new(RowReader.Of(batch, CopyLayouts.ExponentialHistogramPoints));
    private readonly Queue<RowReader.Row> _summaries = new(RowReader.Of(batch, CopyLayouts.SummaryPoints));
    private readonly Queue<RowReader.Row> _exemplars = new(RowReader.Of(batch, CopyLayouts.Exemplars));

    public void NothingIsLeft()
    {
        Assert.Empty(_numbers);
        Assert.Empty(_histograms);
        Assert.Empty(_exponentials);
        Assert.Empty(_summaries);
        Assert.Empty(_exemplars);
    }

    public void Metric(Metric metric)
    {
        switch (metric.DataCase)
        {
            case OpenTelemetry.Proto.Metrics.V1.Metric.DataOneofCase.Gauge:
                Numbers(metric, metric.Gauge.DataPoints, 1, 0, null);
                break;
            case OpenTelemetry.Proto.Metrics.V1.Metric.DataOneofCase.Sum:
                Numbers(metric, metric.Sum.DataPoints, 2, metric.Sum.AggregationTemporality, metric.Sum.IsMonotonic);
                break;
            case OpenTelemetry.Proto.Metrics.V1.Metric.DataOneofCase.Histogram:
                foreach (var point in metric.Histogram.DataPoints)
                {
                    Histogram(metric, point);
                }

                break;
            case OpenTelemetry.Proto.Metrics.V1.Metric.DataOneofCase.ExponentialHistogram:
                foreach (var point in metric.ExponentialHistogram.DataPoints)
                {
                    Exponential(metric, point);
                }

                break;
            case OpenTelemetry.Proto.Metrics.V1.Metric.DataOneofCase.Summary:
                foreach (var point in metric.Summary.DataPoints)
                {
                    Summary(metric, point);
                }

                break;
        }
    }

    private void Numbers(Metric metric, RepeatedField<NumberDataPoint> points, short type, AggregationTemporality temporality, bool? isMonotonic)
    {
        foreach (var point in points)
        {
            var row = _numbers.Dequeue();
            Head(row, point.TimeUnixNano, point.StartTimeUnixNano, point.Flags);
            Series(row, metric, type, temporality, isMonotonic, point.Attributes);
            var isRecorded = (point.Flags & 1) == 0;
            Assert.Equal(isRecorded && point.HasAsDouble ? point.AsDouble : null, row["value_double"]);
            Assert.Equal(isRecorded && point.HasAsInt ? point.AsInt : null, row["value_int"]);
            Exemplars(row, point.Exemplars);
        }
    }

    private void Histogram(Metric metric, HistogramDataPoint point)
    {
        var row = _histograms.Dequeue();
        Head(row, point.TimeUnixNano, point.StartTimeUnixNano, point.Flags);
        Series(row, metric, 3, metric.Histogram.AggregationTemporality, null, point.Attributes);
        var isRecorded = (point.Flags & 1) == 0;
        Assert.Equal(point.Count, row["count"]);
        Assert.Equal(isRecorded && point.HasSum ? point.Sum : null, row["sum"]);
        Assert.Equal(isRecorded && point.HasMin ? point.Min : null, row["min"]);
        Assert.Equal(isRecorded && point.HasMax ? point.Max : null, row["max"]);
        Assert.Equal(isRecorded && point.BucketCounts.Count > 0 ? point.BucketCounts.Select(Clamp).ToArray() : null, (long[]?)row["bucket_counts"]);
        Assert.Equal(point.ExplicitBounds.Count > 0 ? point.ExplicitBounds.ToArray() : null, row["bounds_id"] is long id ? (double[]?)_bounds[id]["explicit_bounds"] : null);
        Exemplars(row, point.Exemplars);
    }

    private void Exponential(Metric metric, ExponentialHistogramDataPoint point)
    {
        var row = _exponentials.Dequeue();
        Head(row, point.TimeUnixNano, point.StartTimeUnixNano, point.Flags);
        Series(row, metric, 4, metric.ExponentialHistogram.AggregationTemporality, null, point.Attributes);
        var isRecorded = (point.Flags & 1) == 0;
        Assert.Equal(point.Count, row["count"]);
        Assert.Equal(isRecorded && point.HasSum ? point.Sum : null, row["sum"]);
        Assert.Equal(isRecorded && point.HasMin ? point.Min : null, row["min"]);
        Assert.Equal(isRecorded && point.HasMax ? point.Max : null, row["max"]);
        Assert.Equal(point.ZeroCount, row["zero_count"]);
        Assert.Equal(point.ZeroThreshold, row["zero_threshold"]);
        Assert.Equal(point.Scale, row["scale"]);
        Assert.Equal(isRecorded ? point.Positive?.Offset : null, row["positive_offset"]);
        Assert.Equal(isRecorded ? point.Negative?.Offset : null, row["negative_offset"]);
        Assert.Equal(isRecorded ? point.Positive?.BucketCounts.Select(Clamp).ToArray() : null, (long[]?)row["positive_counts"]);
        Assert.Equal(isRecorded ? point.Negative?.BucketCounts.Select(Clamp).ToArray() : null, (long[]?)row["negative_counts"]);
        Exemplars(row, point.Exemplars);
    }

    private void Summary(Metric metric, SummaryDataPoint point)
    {
        var row = _summaries.Dequeue();
        Head(row, point.TimeUnixNano, point.StartTimeUnixNano, point.Flags);
        Series(row, metric, 5, 0, null, point.Attributes);
        Assert.Equal(point.Count, row["count"]);
        Assert.Equal(point.Sum, row["sum"]);
        Assert.Equal(point.QuantileValues.Count > 0 ? point.QuantileValues.Select(q => q.Quantile).ToArray() : null, (double[]?)row["quantiles"]);
        Assert.Equal(point.QuantileValues.Count > 0 ? point.QuantileValues.Select(q => q.Value).ToArray() : null, (double[]?)row["quantile_values"]);
    }

    private static void Head(RowReader.Row row, ulong time, ulong start, uint flags)
    {
        Assert.Equal(time, row.UnixNano("time", "time_ns"));
        Assert.Equal(start, row.UnixNano("start_time", "start_ns") ?? 0);
        Assert.Equal((int)flags, row["flags"]);
    }

    private void Series(RowReader.Row row, Metric metric, short type, AggregationTemporality temporality, bool? isMonotonic, RepeatedField<KeyValue> attributes)
    {
        var series = _series[(long)row["series_id"]!];
        Assert.Equal(type, series["type"]);
        Assert.Equal((short)temporality, series["temporality"]);
        Assert.Equal(isMonotonic, series["is_monotonic"]);
        Assert.Equal(metric.Name, series["metric_name"]);
        Assert.Equal(Text(metric.Unit), series["unit"]);
        Assert.Equal(Text(metric.Description), series["description"]);
        Attributes(attributes, series.Json("attributes"));
        if (metric.Metadata.Count > 0)
        {
            Attributes(metric.Metadata, series.Json("metadata"));
        }
        else
        {
            Assert.Null(series["metadata"]);
        }
    }

    private void Exemplars(RowReader.Row point, RepeatedField<Exemplar> exemplars)
    {
        foreach (var exemplar in exemplars)
        {
            var row = _exemplars.Dequeue();
            Assert.Equal(point["series_id"], row["series_id"]);
            Assert.Equal(point["time"], row["point_time"]);
            Assert.Equal(exemplar.TimeUnixNano, row.UnixNano("time", "time_ns"));
            Assert.Equal(exemplar.HasAsDouble ? exemplar.AsDouble : null, row["value_double"]);
            Assert.Equal(exemplar.HasAsInt ? exemplar.AsInt : null, row["value_int"]);
            Assert.Equal(Hex(exemplar.TraceId), row["trace_id"]);
            Assert.Equal(Hex(exemplar.SpanId), row["span_id"]);
            if (exemplar.FilteredAttributes.Count > 0)
            {
                Attributes(exemplar.FilteredAttributes, row.Json("filtered_attributes"));
            }
            else
            {
                Assert.Null(row["filtered_attributes"]);
            }
        }
    }

    private static long Clamp(ulong count) => (long)Math.Min(count, long.MaxValue);
}
