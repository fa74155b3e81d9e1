using Microsoft.Extensions.Time.Testing;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Upkeep;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

/// <summary>Services that are kept for less time than the rest.</summary>
public sealed class ServiceRetentionTests(PostgresFixture postgres)
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Days_of_a_service_go_and_nothing_else_does()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await FillAsync(sql, "probe", 1, 40_000);
        await FillAsync(sql, "cart", 2, 1_000);
        // A strange clock, and one row of a day that is not over yet by then.
        await sql.ExecuteAsync("""
            insert into otel.log_records (time, resource_id, scope_id, time_ns, severity_number, service_name, attributes)
            values (now() - interval '1000 days', 1, 1, 0, 9, 'probe', '{}'), (now() + interval '1 day', 1, 1, 0, 9, 'probe', '{}')
            """);
        var options = new RetentionOptions { Period = TimeSpan.FromDays(30), Services = { ["probe"] = "spans=1d,logs=2,metrics=1d", ["none"] = "1d" } };

        Assert.Equal(1, await DeleteAsync(Now, options));
        Assert.Equal("cart 1000 1000 1000, probe 40000 40001 40000", await CountsAsync(sql));

        var deleted = await DeleteAsync(Now.AddDays(3), options);

        Assert.Equal(120_000, deleted);
        Assert.Equal("cart 1000 1000 1000, probe 0 1 0", await CountsAsync(sql));
        Assert.Equal("log_records 40001, metric_number_points 40000, spans 40000", await sql.ScalarAsync<string>("""
            select string_agg(table_name || ' ' || affected, ', ' order by table_name)
            from (select replace(table_name, 'otel.', '') as table_name, sum(affected) as affected from otel.maintenance_log where action = 'delete_service_rows' group by 1) l
            """));
        Assert.Equal(0, await DeleteAsync(Now.AddDays(3), options));

        Task<long> DeleteAsync(DateTimeOffset now, RetentionOptions retention) => new ServiceRetention(sql.Database, new FakeTimeProvider(now)).DeleteAsync(retention, Ct);
    }

    [Fact]
    public async Task Silos_go_on_writing_while_rows_are_deleted_and_wait_for_nothing()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await FillAsync(sql, "probe", 1, 60_000);
        await using var writer = sql.NewWriter();
        using var ended = new CancellationTokenSource();
        var flushes = 0;
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; !ended.IsCancellationRequested; i++, flushes++)
                {
                    var result = await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, i == 0 ? null : i, i + 1)], Blocks = [Rows.Spans("cart", 100)] }, Ct);
                    Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
                }
            },
            Ct);
        await using var locks = LockWatch.Start(sql.Options);
        await Wait.ForAsync(() => Task.FromResult(flushes > 3), () => Task.FromResult($"{flushes} flushes"));

        await new ServiceRetention(sql.Database, new FakeTimeProvider(Now.AddDays(3))).DeleteAsync(new() { Services = { ["probe"] = "1d" } }, Ct);
        await ended.CancelAsync();
        await writing;

        Assert.Equal(flushes * 100L, await sql.CountAsync("spans"));
        var seen = await locks.StopAsync();
        Assert.Empty(seen.Waits);
        Assert.DoesNotContain(seen.Modes, m => m.Mode is "AccessExclusiveLock" or "ExclusiveLock" or "ShareLock");
    }

    [Fact]
    public void Days_of_services_are_checked()
    {
        Assert.Empty(new RetentionOptions { Enabled = true, Services = { ["a.b"] = "7d", ["c"] = "spans=1d,metrics=90" } }.Problems());
        foreach (var wrong in new[] { "", "0d", "7h", "spans", "spans=1d,spans=2d", "traces=1d", "36501" })
            Assert.Contains($"Services:cart is '{wrong}'", Assert.Single(new RetentionOptions { Services = { ["cart"] = wrong } }.Problems()), StringComparison.Ordinal);
        Assert.Contains("dropped before that", Assert.Single(new RetentionOptions { LogsDays = 3, Services = { ["cart"] = "logs=4d" } }.Problems()), StringComparison.Ordinal);
    }

    private static Task FillAsync(SqlDatabase sql, string service, int id, int rows) => sql.ExecuteAsync($$"""
        insert into otel.metric_series (series_id, resource_id, scope_id, type, service_name, metric_name, attributes) values ({{id}}, 1, 1, 1, '{{service}}', 'm', '{}');
        insert into otel.spans (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, service_name, name, attributes)
        select now(), 1, 1, 1, 0, 2, 0, 't' || i, 's', '{{service}}', 'GET', '{}' from generate_series(1, {{rows}}) i;
        insert into otel.log_records (time, resource_id, scope_id, time_ns, severity_number, service_name, attributes)
        select now(), 1, 1, 0, 9, '{{service}}', '{}' from generate_series(1, {{rows}});
        insert into otel.metric_number_points (time, series_id, value_int, time_ns) select now(), {{id}}, 1, 0 from generate_series(1, {{rows}})
        """);

    private static Task<string> CountsAsync(SqlDatabase sql) => sql.ScalarAsync<string>("""
        select string_agg(concat_ws(' ', service_name, spans, logs, points), ', ' order by service_name)
        from (values ('cart'), ('probe')) s (service_name)
        cross join lateral (select count(*) as spans from otel.spans x where x.service_name = s.service_name) a
        cross join lateral (select count(*) as logs from otel.log_records x where x.service_name = s.service_name) b
        cross join lateral (select count(*) as points from otel.metric_number_points join otel.metric_series m using (series_id) where m.service_name = s.service_name) c
        """);
}
