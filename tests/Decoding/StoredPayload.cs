using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Decoding;

/// <summary>A payload's items in order, each with its resource and scope, in normal form: once as the oracle reads them from the payload, once rebuilt from rows.</summary>
internal static class StoredPayload
{
    /// <summary>An item: a span, a log record, or a metric with a single data point.</summary>
    internal sealed record Item(ResourceSpans Resource, ScopeSpans Scope, IMessage Message);

    /// <summary>Items in a form to be compared and sorted: many of them in whatever order they came out of their tables.</summary>
    public static List<string> Sorted(IEnumerable<Item> items) =>
        [.. items.Select(i => $"{i.Resource.ToByteString().ToBase64()} {i.Scope.ToByteString().ToBase64()} {i.Message.ToByteString().ToBase64()}").Order(StringComparer.Ordinal)];

    /// <summary>What Google.Protobuf reads. By service, as the rows come; items without valid ids, which are dead letters, left out.</summary>
    public static List<Item> Expected(Signal signal, byte[] payload)
    {
        List<Item> items = [];
        switch (signal)
        {
            case Signal.Traces:
                foreach (var r in TracesData.Parser.ParseFrom(payload).ResourceSpans)
                {
                    foreach (var s in r.ScopeSpans)
                    {
                        Add(r.Resource, r.SchemaUrl, s.Scope, s.SchemaUrl, s.Spans.Where(x => x.TraceId.Length == 16 && x.SpanId.Length == 8 && x.ParentSpanId.Length is 0 or 8));
                    }
                }

                break;
            case Signal.Logs:
                foreach (var r in LogsData.Parser.ParseFrom(payload).ResourceLogs)
                {
                    foreach (var s in r.ScopeLogs)
                    {
                        Add(r.Resource, r.SchemaUrl, s.Scope, s.SchemaUrl, s.LogRecords.Where(x => x.TraceId.Length is 0 or 16 && x.SpanId.Length is 0 or 8));
                    }
                }

                break;
            default:
                foreach (var r in MetricsData.Parser.ParseFrom(payload).ResourceMetrics)
                {
                    foreach (var s in r.ScopeMetrics)
                    {
                        Add(r.Resource, r.SchemaUrl, s.Scope, s.SchemaUrl, s.Metrics.SelectMany(Points));
                    }
                }

                break;
        }

        return items;

        void Add<T>(OpenTelemetry.Proto.Resource.V1.Resource? resource, string url, OpenTelemetry.Proto.Common.V1.InstrumentationScope? scope, string scopeUrl, IEnumerable<T> messages)
            where T : IMessage<T> =>
            items.AddRange(messages.Select(m => new Item(
                NormalForm.Of(new ResourceSpans { Resource = resource, SchemaUrl = url }), NormalForm.Of(new ScopeSpans { Scope = scope, SchemaUrl = scopeUrl }), NormalForm.Of(m))));
    }

    /// <summary>What the rows hold, in the order in which they were written for each service and table.</summary>
    public static List<Item> Stored(IReadOnlyList<DecodedBatch> batches) =>
        Stored(layout => layout.Role == CopyRole.Data ? Payloads.Rows(batches, layout) : Payloads.Dimensions(batches, layout));

    /// <summary>What the rows of all tables hold.</summary>
    public static List<Item> Stored(Func<CopyLayout, List<RowReader.Row>> rows)
    {
        var resources = rows(CopyLayouts.Resources).DistinctBy(r => r.Id).ToDictionary(r => r.Id);
        var scopes = rows(CopyLayouts.Scopes).DistinctBy(r => r.Id).ToDictionary(r => r.Id);
        var series = rows(CopyLayouts.MetricSeries).DistinctBy(r => r.Id).ToDictionary(r => r.Id);
        var metrics = new StoredMetrics(rows);
        List<Item> items = [];
        Add(CopyLayouts.Spans, StoredMessages.Span);
        Add(CopyLayouts.LogRecords, StoredMessages.LogRecord);
        Add(CopyLayouts.NumberPoints, metrics.Number);
        Add(CopyLayouts.HistogramPoints, metrics.Histogram);
        Add(CopyLayouts.ExponentialHistogramPoints, metrics.Exponential);
        Add(CopyLayouts.SummaryPoints, metrics.Summary);
        return items;

        void Add<T>(CopyLayout layout, Func<RowReader.Row, T> read)
            where T : IMessage<T>
        {
            foreach (var row in rows(layout))
            {
                // Points refer to resource and scope through their series.
                var owner = layout == CopyLayouts.Spans || layout == CopyLayouts.LogRecords ? row : series[(long)row["series_id"]!];
                items.Add(new(
                    NormalForm.Of(StoredMessages.Resource(resources[(long)owner["resource_id"]!])), NormalForm.Of(StoredMessages.Scope(scopes[(long)owner["scope_id"]!])), NormalForm.Of(read(row))));
            }
        }
    }

    // A metric of several points as metrics of one point each.
    private static IEnumerable<Metric> Points(Metric metric)
    {
        IEnumerable<Action<Metric>> ones = metric.DataCase switch
        {
            Metric.DataOneofCase.Gauge => metric.Gauge.DataPoints.Select(p => (Action<Metric>)(m => Keep(m.Gauge.DataPoints, p))),
            Metric.DataOneofCase.Sum => metric.Sum.DataPoints.Select(p => (Action<Metric>)(m => Keep(m.Sum.DataPoints, p))),
            Metric.DataOneofCase.Histogram => metric.Histogram.DataPoints.Select(p => (Action<Metric>)(m => Keep(m.Histogram.DataPoints, p))),
            Metric.DataOneofCase.ExponentialHistogram => metric.ExponentialHistogram.DataPoints.Select(p => (Action<Metric>)(m => Keep(m.ExponentialHistogram.DataPoints, p))),
            Metric.DataOneofCase.Summary => metric.Summary.DataPoints.Select(p => (Action<Metric>)(m => Keep(m.Summary.DataPoints, p))),
            _ => [],
        };
        foreach (var one in ones)
        {
            var copy = metric.Clone();
            one(copy);
            yield return copy;
        }

        static void Keep<T>(Google.Protobuf.Collections.RepeatedField<T> points, T point)
        {
            points.Clear();
            points.Add(point);
        }
    }
}
