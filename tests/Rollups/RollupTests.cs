using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Rollups;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Sql;

namespace OtelOrleans.Tests.Rollups;

/// <summary>Rate, errors and durations: as exact as the spans, in their transaction.</summary>
public sealed class RollupTests(PostgresFixture postgres)
{
    // What rollups must hold, from the spans themselves.
    private const string FromSpans = """
        select date_bin('1 minute', start_time, '2000-01-01 00:00:00+00') as minute, service_name, kind, left(name, 255) as name, count(*)::bigint as calls,
               (count(*) filter (where status_code = 2))::bigint as errors, sum(greatest(duration_ns, 0)::double precision) as total,
               min(greatest(duration_ns, 0)) as shortest, max(greatest(duration_ns, 0)) as longest
        from otel.spans group by 1, 2, 3, 4
        """;

    private const string FromRollups = """
        select minute, service_name, kind, name, sum(calls)::bigint as calls, sum(errors)::bigint as errors, sum(duration_ns_sum) as total,
               min(duration_ns_min) as shortest, max(duration_ns_max) as longest
        from (select * from otel.service_rollup_deltas union all select * from otel.service_rollups) r group by 1, 2, 3, 4
        """;

    private const string BucketsFromSpans = """
        select date_bin('1 minute', start_time, '2000-01-01 00:00:00+00') as minute, service_name, kind, left(name, 255) as name, otel.duration_bucket(duration_ns) as bucket, count(*)::bigint as n
        from otel.spans group by 1, 2, 3, 4, 5
        """;

    private const string BucketsFromRollups = """
        select minute, service_name, kind, name, b as bucket, sum(n)::bigint as n
        from (select * from otel.service_rollup_deltas union all select * from otel.service_rollups) r, unnest(buckets, counts) as u(b, n) group by 1, 2, 3, 4, 5
        """;

    private static readonly DateTime Start = new(2026, 11, 24, 10, 0, 0, DateTimeKind.Utc);

    private static readonly string[] s_services = ["cart", "pay", "wëb"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rollups_hold_what_a_count_of_the_spans_finds()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var random = new Random(7);
        for (var flush = 0; flush < 4; flush++)
        {
            var answers = s_services.Select(service => writer.FlushAsync(
                new() { ServiceName = service, Moves = [new("t", 0, flush == 0 ? null : flush, flush + 1)], Blocks = [Spans(random, service, 200)] }, Ct).AsTask());
            Assert.All(await Task.WhenAll(answers), a => Assert.Equal((FlushOutcome.Committed, ""), (a.Outcome, a.Reason)));
        }

        Assert.Equal(2400, await sql.ScalarAsync<decimal>("select sum(calls) from otel.service_rollup_deltas"));
        await AssertExactAsync(sql);
    }

    [Fact]
    public async Task Spans_that_are_not_stored_are_not_counted()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var block = Spans(new Random(1), "cart", 10);
        Assert.Equal(FlushOutcome.Committed, (await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, null, 10)], Blocks = [block] }, Ct)).Outcome);
        Assert.Equal(FlushOutcome.Fenced, (await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, 5, 20)], Blocks = [block] }, Ct)).Outcome);

        var bad = new Rows(CopyLayouts.Spans).Add(("service_name", "cart"), ("start_time", null)).ToBlock();
        Assert.Equal(FlushOutcome.Refused, (await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, 10, 20)], Blocks = [block, bad] }, Ct)).Outcome);

        Assert.Equal(10, await sql.CountAsync("spans"));
        await AssertExactAsync(sql);
    }

    [Fact]
    public async Task Names_without_end_come_into_one_row()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter(new() { MaxNamesPerService = 3 });
        for (var flush = 0; flush < 3; flush++)
        {
            var rows = new Rows(CopyLayouts.Spans);
            for (var i = 0; i < 20; i++)
                rows.Add(("service_name", "cart"), ("name", i < 2 ? $"known {i}" : $"random {flush} {i}"), ("start_time", Start), ("kind", (short)2));
            Assert.Equal(FlushOutcome.Committed, (await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, flush == 0 ? null : flush, flush + 1)], Blocks = [rows.ToBlock()] }, Ct)).Outcome);
        }

        Assert.Equal("(other) 53, known 0 3, known 1 3, random 0 2 1", await sql.ScalarAsync<string>(
            "select string_agg(name || ' ' || calls, ', ' order by name) from (select name, sum(calls) as calls from otel.service_rollup_deltas group by name) n"));
    }

    [Fact]
    public async Task Rollups_can_be_turned_off()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter(new() { Enabled = false });
        await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, null, 1)], Blocks = [Rows.Spans("cart", 5)] }, Ct);
        Assert.Equal(5, await sql.CountAsync("spans"));
        Assert.Equal(0, await sql.CountAsync("service_rollup_deltas"));
    }

    [Fact]
    public async Task Percentiles_are_within_five_percent_of_exact()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var random = new Random(11);
        var rows = new Rows(CopyLayouts.Spans);
        for (var i = 0; i < 5000; i++)
        {
            // Two humps, of some milliseconds and some seconds.
            var duration = (long)(Math.Exp(random.NextDouble() * 2) * (i % 4 == 0 ? 1e9 : 3e6));
            rows.Add(("service_name", "cart"), ("name", $"op {i % 3}"), ("start_time", Start.AddSeconds(i % 600)), ("kind", (short)2), ("duration_ns", duration), ("status_code", (short)(i % 10 == 0 ? 2 : 0)));
        }

        await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, null, 1)], Blocks = [rows.ToBlock()] }, Ct);

        const string exact = "percentile_disc({0}) within group (order by duration_ms)";
        foreach (var (quantile, column) in new[] { (0.5, "p50_ms"), (0.9, "p90_ms"), (0.95, "p95_ms"), (0.99, "p99_ms") })
        {
            var worst = await sql.ScalarAsync<double>(string.Format(System.Globalization.CultureInfo.InvariantCulture, $$"""
                select max(abs(r.{{column}} / s.exact - 1))
                from otel_v1.service_red('2026-11-24 10:00:00+00', '2026-11-24 11:00:00+00', '5 minutes') r
                join (select date_bin('5 minutes', start_time, '2000-01-01 00:00:00+00') as time, {{exact}} as exact from otel_v1.spans group by 1) s using (time)
                """, quantile));
            Assert.InRange(worst, 0, 0.05);
        }

        Assert.Equal("500 0.1 t", await sql.ScalarAsync<string>("""
            select concat_ws(' ', sum(r.errors), sum(r.errors)::double precision / sum(r.calls), abs(sum(r.avg_ms * r.calls) / sum(r.calls) - (select avg(duration_ms) from otel_v1.spans)) < 1e-6)
            from otel_v1.operation_red('2026-11-24 10:00:00+00', '2026-11-24 11:00:00+00') r where r.service_name = 'cart' and r.kind = 'server'
            """));
    }

    /// <summary>Compares rollups, folded or not, with the spans.</summary>
    internal static async Task AssertExactAsync(SqlDatabase sql)
    {
        foreach (var (expected, actual) in new[] { (FromSpans, FromRollups), (BucketsFromSpans, BucketsFromRollups) })
        {
            var differences = await sql.ScalarAsync<long>($"select count(*) from (({expected} except all {actual}) union all ({actual} except all {expected})) d");
            Assert.Equal(0, differences);
        }
    }

    internal static CopyBlock Spans(Random random, string service, int count)
    {
        var rows = new Rows(CopyLayouts.Spans);
        for (var i = 0; i < count; i++)
        {
            var name = random.Next(12) switch { 0 => "", 1 => new string('ü', 300) + random.Next(3), var n => $"GET /{n}" };
            rows.Add(
                ("service_name", service), ("name", name), ("start_time", Start.AddSeconds(random.Next(-90, 90))), ("kind", (short)random.Next(6)), ("status_code", (short)random.Next(3)),
                ("duration_ns", random.Next(20) == 0 ? -5L : (long)Math.Exp(random.NextDouble() * 25)), ("span_id", random.Next().ToString("x16")));
        }

        return rows.ToBlock();
    }
}
