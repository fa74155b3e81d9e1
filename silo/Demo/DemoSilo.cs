using OtelOrleans.Silo.Commands;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Queries;

namespace OtelOrleans.Silo.Demo;

/// <summary>A silo in the demo's process: the same host that <c>run</c> starts.</summary>
internal sealed class DemoSilo : IDemoSilo
{
    private OtelOrleansOptions _options = null!;
    private WebApplication? _app;

    public string HttpAddress => _options.Http.Url;

    public async Task StartAsync(DemoEndpoints endpoints, CancellationToken ct)
    {
        _options = OtelOrleansOptions.Read(new ConfigurationBuilder()
            .AddConfiguration(OtelOrleansOptions.Configuration())
            .AddInMemoryCollection(endpoints.ToVariables().Select(v => KeyValuePair.Create(OptionVariables.Keys[v.Key], (string?)v.Value)))
            // The person watches counts, not the silo's news; LOG_LEVEL brings them back.
            .AddInMemoryCollection([new("OtelOrleans:Log:Level", Environment.GetEnvironmentVariable("LOG_LEVEL") ?? "warn")])
            // What a demo left behind that was killed is no member of this one's cluster.
            .AddInMemoryCollection([new("OtelOrleans:Cluster:ClusterId", $"demo-{TimeProvider.System.GetUtcNow():yyyyMMddTHHmmss}")])
            .Build());
        _app = SiloHost.Build(_options);
        await RunCommand.StartAsync(_app, ct);
    }

    public async Task<DemoCounts> CountAsync(CancellationToken ct)
    {
        await using var database = new PostgresDatabase(_options.Postgres);
        var counts = await new SignalCounts(database).ReadAsync(ct);
        return new DemoCounts(counts.Spans, counts.LogRecords, counts.DataPoints, counts.DeadLetters);
    }

    public async Task<IReadOnlyList<string>> FiveRowsOfEachAsync(CancellationToken ct)
    {
        await using var database = new PostgresDatabase(_options.Postgres);
        var rows = new RecentRows(database);
        return
        [
            "", "spans", .. (await rows.SpansAsync(5, ct)).Select(s =>
                $"  {s.Time:HH:mm:ss.fff}  {s.ServiceName,-10} {s.Name,-28} {s.Kind,-9} {s.DurationMs,9:0.000} ms  {s.Status,-5}  trace {s.TraceId}"),
            "", "log records", .. (await rows.LogRecordsAsync(5, ct)).Select(l =>
                $"  {l.Time:HH:mm:ss.fff}  {l.ServiceName,-10} {l.Severity,-11} {l.Body}"),
            "", "metric data points", .. (await rows.DataPointsAsync(5, ct)).Select(p =>
                $"  {p.Time:HH:mm:ss.fff}  {p.ServiceName,-10} {p.MetricName,-32} {p.Kind,-21} {p.Value} {p.Unit}"),
            "",
        ];
    }

    public async Task StopAsync()
    {
        if (_app is { } app)
        {
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
        }
    }
}
