using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Upkeep;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Rollups;
using Xunit;

namespace OtelOrleans.Tests.Sql;

/// <summary>What one silo of the cluster does to the tables beside writing rows.</summary>
public sealed class UpkeepTests(PostgresFixture postgres)
{
    private static readonly DateTime Start = new(2026, 11, 24, 10, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Folded_rollups_are_as_exact_as_before_and_what_comes_later_is_added()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var keeper = new RollupKeeper(sql.Database, TimeProvider.System);
        var random = new Random(3);
        for (var round = 0; round < 3; round++)
        {
            await StoreAsync(writer, round, RollupTests.Spans(random, "cart", 300), RollupTests.Spans(random, "pay", 300));
            var deltas = await sql.CountAsync("service_rollup_deltas");
            Assert.True(deltas > 0);

            Assert.Equal(deltas, await keeper.FoldAsync(Ct));

            Assert.Equal(0, await sql.CountAsync("service_rollup_deltas"));
            await RollupTests.AssertExactAsync(sql);
        }
    }

    [Fact]
    public async Task Several_folds_at_once_count_nothing_twice()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        await StoreAsync(writer, 0, RollupTests.Spans(new Random(4), "cart", 500));
        var deltas = await sql.CountAsync("service_rollup_deltas");

        var folded = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new RollupKeeper(sql.Database, TimeProvider.System).FoldAsync(Ct)));

        Assert.Equal(deltas, folded.Sum());
        await RollupTests.AssertExactAsync(sql);
    }

    [Fact]
    public async Task Minute_that_is_not_over_is_not_folded()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        await StoreAsync(writer, 0, Rows.Spans("cart", 5, start: Start));
        var deltas = await sql.CountAsync("service_rollup_deltas");

        Assert.Equal(0, await new RollupKeeper(sql.Database, new FakeTimeProvider(Start.AddSeconds(119))).FoldAsync(Ct));
        Assert.Equal(deltas, await new RollupKeeper(sql.Database, new FakeTimeProvider(Start.AddSeconds(121))).FoldAsync(Ct));
    }

    [Fact]
    public async Task Edges_are_derived_once_a_minute_is_quiet_and_again_when_spans_come_late()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var later = new RollupKeeper(sql.Database, new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(5)));

        // Web calls cart twice and cart calls itself; the call to pay has a caller that is not stored yet, and began in the minute before.
        await StoreAsync(writer, 0, Spans("web", ("w1", null, 3, 0), ("w2", null, 3, 10)), Spans("cart", ("c1", "w1", 2, 0), ("c2", "w2", 2, 10), ("c3", "c1", 2, 0)), Spans("pay", ("p1", "w3", 2, 5)));
        await later.FoldAsync(Ct);
        Assert.Equal(0, await new RollupKeeper(sql.Database, TimeProvider.System).DeriveEdgesAsync(Ct));
        await later.DeriveEdgesAsync(Ct);
        Assert.Equal("web>cart:2:1", await EdgesAsync());
        Assert.Equal(0, await sql.CountAsync("service_edge_minutes"));
        Assert.Equal(0, await later.DeriveEdgesAsync(Ct));

        await StoreAsync(writer, 1, Spans("web", ("w3", null, 3, -10)));
        await later.FoldAsync(Ct);
        await later.DeriveEdgesAsync(Ct);
        Assert.Equal("web>cart:2:1 web>pay:1:0", await EdgesAsync());

        Assert.Equal("web cart 2 1, web pay 1 0", await sql.ScalarAsync<string>($"""
            select string_agg(concat_ws(' ', caller, callee, calls, errors), ', ' order by callee) from otel_v1.service_map('{Start:O}', '{Start.AddMinutes(1):O}')
            """));

        Task<string> EdgesAsync() => sql.ScalarAsync<string>("select string_agg(format('%s>%s:%s:%s', caller, callee, calls, errors), ' ' order by callee) from otel.service_edges");
    }

    [Fact]
    public async Task Edges_that_two_silos_derive_at_once_are_there_once()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var later = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(5));
        for (var round = 0; round < 5; round++)
        {
            await StoreAsync(writer, round, Spans("web", ($"w{round}", null, 3, round * 60)), Spans("cart", ($"c{round}", $"w{round}", 2, round * 60)), Spans("pay", ($"p{round}", $"c{round}", 2, round * 60)));
            await new RollupKeeper(sql.Database, later).FoldAsync(Ct);

            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new RollupKeeper(sql.Database, later).DeriveEdgesAsync(Ct)));

            Assert.Equal(0, await sql.CountAsync("service_edge_minutes"));
            Assert.Equal($"cart>pay:{round + 1} web>cart:{round + 1}", await sql.ScalarAsync<string>(
                "select string_agg(edge, ' ' order by edge) from (select format('%s>%s:%s', caller, callee, sum(calls)) as edge from otel.service_edges group by caller, callee) e"));
        }
    }

    [Fact]
    public async Task What_is_too_old_goes_and_nothing_goes_unless_it_is_asked_for()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var now = TimeProvider.System.GetUtcNow();
        var keeper = new PartitionKeeper(sql.Database, new FakeTimeProvider(now.AddDays(10)), NullLogger<PartitionKeeper>.Instance);
        await StoreAsync(writer, 0, Rows.Spans("cart", 20, start: now.UtcDateTime), Rows.Spans("cart", 3, start: now.UtcDateTime.AddYears(-20)));
        await StoreAsync(writer, 1, new Rows(CopyLayouts.LogRecords).Add(("time", now.UtcDateTime)).ToBlock());
        await sql.ExecuteAsync($"""
            insert into otel.resources (resource_id, service_name, attributes, last_seen) values (1, 'old', '{"{}"}', now() - interval '30 days'), (2, 'new', '{"{}"}', now());
            """);

        Assert.Equal(0, await keeper.DropOldAsync(new(), Ct));
        Assert.Equal(0, await keeper.DropOldAsync(new() { Enabled = false, Period = TimeSpan.FromDays(1) }, Ct));
        Assert.Equal((23L, 1L, 2L), (await sql.CountAsync("spans"), await sql.CountAsync("log_records"), await sql.CountAsync("resources")));

        // No leaf of log records is as old as the resource.
        Assert.True(await keeper.DropOldAsync(new() { SpansDays = 7 }, Ct) > 0);
        Assert.Equal((0L, 1L, 1L), (await sql.CountAsync("spans"), await sql.CountAsync("log_records"), await sql.CountAsync("resources")));

        Assert.True(await keeper.DropOldAsync(new() { Period = TimeSpan.FromDays(20) }, Ct) >= 0);
        Assert.Equal(1, await sql.CountAsync("log_records"));
        Assert.Equal("new", await sql.ScalarAsync<string>("select string_agg(service_name, ' ') from otel.resources"));
        Assert.Equal("delete_strange_rows otel.spans 3, drop_leaves otel.spans 4, trim_dimensions otel.resources 1", await sql.ScalarAsync<string>("""
            select string_agg(concat_ws(' ', action, table_name, affected), ', ' order by action) from otel.maintenance_log where action <> 'make_leaves' and table_name in ('otel.spans', 'otel.resources')
            """));
    }

    [Fact]
    public async Task Leaves_are_dropped_while_rows_are_written_and_read()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var now = TimeProvider.System.GetUtcNow();
        await StoreAsync(writer, 0, Rows.Spans("cart", 20_000, start: now.UtcDateTime.AddDays(-1)));
        using var ended = new CancellationTokenSource();
        var flushes = 0;
        var writing = Task.Run(
            async () =>
            {
                for (var i = 1; !ended.IsCancellationRequested; i++, flushes++)
                {
                    await StoreAsync(writer, i, Rows.Spans("cart", 100));
                    Assert.True(await sql.CountAsync("spans") >= 100);
                }
            },
            Ct);

        await Wait.ForAsync(() => Task.FromResult(flushes > 3), () => Task.FromResult($"{flushes} flushes"));
        var dropped = await new PartitionKeeper(sql.Database, TimeProvider.System, NullLogger<PartitionKeeper>.Instance).DropOldAsync(new() { SpansDays = 0, Period = TimeSpan.FromTicks(1) }, Ct);
        var before = flushes;
        await Wait.ForAsync(() => Task.FromResult(flushes > before + 3), () => Task.FromResult($"{flushes} flushes"));
        await ended.CancelAsync();
        await writing;

        Assert.True(dropped > 0);
        Assert.Equal(flushes * 100L, await sql.CountAsync("spans"));
    }

    [Fact]
    public async Task Outage_is_logged_once_however_often_upkeep_is_tried()
    {
        await using var database = new PostgresDatabase(new() { Host = "127.0.0.1", Port = 1, Password = "p" });
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var log = new TestLogger();
        var round = new UpkeepRound(new(database, time, NullLogger<PartitionKeeper>.Instance), new(database, time), new(database, time), new() { Period = TimeSpan.FromDays(1) }, time, log);

        await round.RunAsync(Ct);
        var once = log.Messages.ToList();
        await round.RunAsync(Ct);

        Assert.Equal(once, log.Messages);
        Assert.Equal(4, once.Count);
        Assert.All(once, m => Assert.Contains("Postgres cannot be reached", m, StringComparison.Ordinal));
    }

    [Fact]
    public void Retention_is_checked()
    {
        Assert.Empty(new RetentionOptions().Problems());
        Assert.Empty(new RetentionOptions { Enabled = true, Period = TimeSpan.FromDays(30) }.Problems());
        Assert.Contains("nothing says how long", Assert.Single(new RetentionOptions { Enabled = true }.Problems()), StringComparison.Ordinal);
        Assert.Contains("SpansDays is -1", Assert.Single(new RetentionOptions { SpansDays = -1 }.Problems()), StringComparison.Ordinal);
        Assert.Contains("CleanupInterval", Assert.Single(new RetentionOptions { CleanupInterval = TimeSpan.Zero }.Problems()), StringComparison.Ordinal);
        var options = new RetentionOptions { Period = TimeSpan.FromDays(30), SpansDays = 7 };
        Assert.Equal((7.0, 30.0, 30.0), (options.Of("spans")!.Value.TotalDays, options.Of("log_records")!.Value.TotalDays, options.Of("metric_number_points")!.Value.TotalDays));
    }

    private sealed class TestLogger : ILogger<UpkeepRound>
    {
        public List<string> Messages { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Messages.Add(formatter(state, exception));
    }

    private static async Task StoreAsync(CopyWriter writer, int round, params CopyBlock[] blocks)
    {
        var result = await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 0, round == 0 ? null : round, round + 1)], Blocks = blocks }, Ct);
        Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
    }

    private static CopyBlock Spans(string service, params (string Id, string? Parent, short Kind, int Second)[] spans)
    {
        var rows = new Rows(CopyLayouts.Spans);
        foreach (var (id, parent, kind, second) in spans)
        {
            rows.Add(
                ("service_name", service), ("trace_id", "t1"), ("span_id", id), ("parent_span_id", parent), ("kind", kind), ("start_time", Start.AddSeconds(second)),
                ("duration_ns", 20_000_000_000L), ("status_code", (short)(id == "c1" ? 2 : 0)));
        }

        return rows.ToBlock();
    }
}
