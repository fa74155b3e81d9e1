using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Queries;

namespace OtelOrleans.Tests.Infrastructure;

/// <summary>Spans, log records and data points per service: as Google.Protobuf counts them in payload files, and as Postgres does in its tables.</summary>
internal static class StoredCounts
{
    /// <summary>What the oracle counts, a line per service.</summary>
    public static string Expected(IEnumerable<string> files, int repeated = 1)
    {
        var counts = new SortedDictionary<string, (long Spans, long Logs, long Points)>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var payload = File.ReadAllBytes(file);
            if (file.Contains("traces", StringComparison.Ordinal))
            {
                foreach (var resource in TracesData.Parser.ParseFrom(payload).ResourceSpans)
                {
                    Add(resource.Resource, spans: resource.ScopeSpans.Sum(s => s.Spans.Count));
                }
            }
            else if (file.Contains("logs", StringComparison.Ordinal))
            {
                foreach (var resource in LogsData.Parser.ParseFrom(payload).ResourceLogs)
                {
                    Add(resource.Resource, logs: resource.ScopeLogs.Sum(s => s.LogRecords.Count));
                }
            }
            else
            {
                foreach (var resource in MetricsData.Parser.ParseFrom(payload).ResourceMetrics)
                {
                    Add(resource.Resource, points: resource.ScopeMetrics.Sum(s => s.Metrics.Sum(Points)));
                }
            }
        }

        return Text(counts.Select(c => (c.Key, c.Value.Spans * repeated, c.Value.Logs * repeated, c.Value.Points * repeated)));

        void Add(OpenTelemetry.Proto.Resource.V1.Resource resource, long spans = 0, long logs = 0, long points = 0)
        {
            var service = resource.Attributes.Single(a => a.Key == "service.name").Value.StringValue;
            var before = counts.GetValueOrDefault(service);
            counts[service] = (before.Spans + spans, before.Logs + logs, before.Points + points);
        }
    }

    /// <summary>What Postgres counts, in the same words.</summary>
    public static async Task<string> ActualAsync(PostgresDatabase database) =>
        Text((await new SignalCounts(database).ReadPerServiceAsync(CancellationToken.None)).Select(c => (c.ServiceName, c.Spans, c.LogRecords, c.DataPoints)));

    private static long Points(Metric metric) => metric.DataCase switch
    {
        Metric.DataOneofCase.Gauge => metric.Gauge.DataPoints.Count,
        Metric.DataOneofCase.Sum => metric.Sum.DataPoints.Count,
        Metric.DataOneofCase.Histogram => metric.Histogram.DataPoints.Count,
        Metric.DataOneofCase.ExponentialHistogram => metric.ExponentialHistogram.DataPoints.Count,
        Metric.DataOneofCase.Summary => metric.Summary.DataPoints.Count,
        _ => 0,
    };

    private static string Text(IEnumerable<(string Service, long Spans, long Logs, long Points)> counts) =>
        string.Join('\n', counts.OrderBy(c => c.Service, StringComparer.Ordinal).Select(c => $"{c.Service}: {c.Spans} spans, {c.Logs} logs, {c.Points} points"));
}
