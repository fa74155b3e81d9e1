using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Queries;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

public sealed class QueriesTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counts_and_latest_rows_show_what_is_stored()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var series = new Rows(CopyLayouts.MetricSeries)
            .Add(("series_id", 1L), ("service_name", "cart"), ("metric_name", "cpu"), ("unit", "s"), ("type", (short)2))
            .Add(("series_id", 2L), ("service_name", "cart"), ("metric_name", "latency"), ("unit", null), ("type", (short)3));
        var result = await writer.FlushAsync(
            new()
            {
                ServiceName = "cart",
                Moves = [new("t", 0, null, 1)],
                Dimensions = [series.ToBlock()],
                Blocks =
                [
                    Rows.Spans("cart", 7, start: now.AddMinutes(-5)),
                    new Rows(CopyLayouts.Spans).Add(("service_name", "cart"), ("name", "POST /buy"), ("start_time", now), ("kind", (short)2), ("status_code", (short)2), ("duration_ns", 1_500_000L), ("trace_id", "abc")).ToBlock(),
                    Rows.Spans("mad", 1, start: now.AddYears(50)),
                    new Rows(CopyLayouts.LogRecords)
                        .Add(("service_name", "web"), ("time", now.AddSeconds(-1)), ("severity_number", (short)17), ("severity_text", null), ("body", "boom"), ("trace_id", null))
                        .Add(("service_name", "web"), ("time", now), ("severity_number", (short)9), ("severity_text", "Information"), ("body", null), ("event_name", "login"), ("trace_id", "abc")).ToBlock(),
                    new Rows(CopyLayouts.NumberPoints)
                        .Add(("series_id", 1L), ("time", now.AddHours(-2)), ("value_int", null), ("value_double", 0.5)).Add(("series_id", 1L), ("time", now), ("value_int", 42L), ("value_double", null)).ToBlock(),
                    new Rows(CopyLayouts.HistogramPoints).Add(("series_id", 2L), ("time", now.AddSeconds(-1)), ("count", 3L), ("sum", 1.5)).ToBlock(),
                    new Rows(CopyLayouts.DeadLetters).Add().ToBlock(),
                ],
            },
            Ct);
        Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));

        var counts = new SignalCounts(sql.Database);
        Assert.Equal(new(9, 2, 3, 1), await counts.ReadAsync(Ct));
        Assert.Equal([new("cart", 8, 0, 3), new("mad", 1, 0, 0), new("web", 0, 2, 0)], await counts.ReadPerServiceAsync(Ct));

        var recent = new RecentRows(sql.Database);
        var spans = await recent.SpansAsync(5, Ct);
        Assert.Equal(5, spans.Count);
        Assert.Equal(("cart", "POST /buy", "server", 1.5, "error", "abc"), (spans[0].ServiceName, spans[0].Name, spans[0].Kind, spans[0].DurationMs, spans[0].Status, spans[0].TraceId));
        Assert.Equal(TimeSpan.Zero, spans[0].Time - new DateTimeOffset(now.AddTicks(-(now.Ticks % 10))));
        var logs = await recent.LogRecordsAsync(5, Ct);
        Assert.Equal([("Information", "login", "abc"), ("ERROR", "boom", null)], logs.Select(l => (l.Severity, l.Body, l.TraceId)));
        var points = await recent.DataPointsAsync(5, Ct);
        Assert.Equal(
            [("cpu", "sum", "42", "s"), ("latency", "histogram", "count=3 sum=1.5", ""), ("cpu", "sum", "0.5", "s")],
            points.Select(p => (p.MetricName, p.Kind, p.Value, p.Unit)));
    }
}
