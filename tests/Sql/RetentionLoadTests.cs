using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Upkeep;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

/// <summary>A full day goes while silos write and people read. <c>OTELORLEANS_TESTS_RETENTION_ROWS=2000000</c> makes it a day of 2 million spans.</summary>
public sealed class RetentionLoadTests(PostgresFixture postgres, ITestOutputHelper output)
{
    private const int Services = 4;

    private static readonly int DayRows = int.TryParse(Environment.GetEnvironmentVariable("OTELORLEANS_TESTS_RETENTION_ROWS"), NumberStyles.None, CultureInfo.InvariantCulture, out var rows) ? rows : 100_000;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Full_day_is_dropped_while_silos_write_and_people_read()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        var leaf = TimeProvider.System.GetUtcNow().AddDays(-1).ToString("'otel.spans_'yyyyMMdd", CultureInfo.InvariantCulture);
        await FillAsync(sql, leaf);
        var bytes = await sql.ScalarAsync<long>($"select pg_total_relation_size('{leaf}')");
        using var ended = new CancellationTokenSource();
        var flushes = new long[Services];
        var reads = 0;
        var keeper = new PartitionKeeper(sql.Database, TimeProvider.System, NullLogger<PartitionKeeper>.Instance);
        await using var watch = LockWatch.Start(sql.Options);
        Task[] working = [.. Enumerable.Range(0, Services).Select(s => Task.Run(() => WriteAsync(s), Ct)), Task.Run(ReadAsync, Ct)];
        await GoesOnAsync();

        // Somebody reads the day for as long as they like: it is given up, and nobody is held up.
        await using (var reader = new NpgsqlConnection($"{PostgresFixture.ConnectionString(sql.Options)};Pooling=false"))
        {
            await reader.OpenAsync(Ct);
            await using (var read = new NpgsqlCommand($"begin; select count(*) from (select from {leaf} limit 1) s", reader))
                await read.ExecuteNonQueryAsync(Ct);
            var trying = keeper.DropOldAsync(OneTick, Ct);
            await sql.UntilAsync("exists (select from pg_locks where not granted and mode = 'AccessExclusiveLock')");
            await GoesOnAsync();
            await trying;
            Assert.True(await IsThereAsync());
        }

        var began = Stopwatch.GetTimestamp();
        await keeper.DropOldAsync(OneTick, Ct);
        var took = Stopwatch.GetElapsedTime(began);
        Assert.False(await IsThereAsync());
        await GoesOnAsync();
        await ended.CancelAsync();
        await Task.WhenAll(working);

        Assert.Equal(flushes.Sum() * 100, await sql.CountAsync("spans"));
        var (modes, waits, samples) = await watch.StopAsync();
        var strong = modes.Where(m => m.Mode == "AccessExclusiveLock").ToList();
        // Only the keeper takes such locks, and writers wait for nothing else than tables whose leaves are dropped.
        Assert.All(strong, m => Assert.Equal("otelorleans-control", m.Who));
        var writers = waits.Where(w => w.Who == "otelorleans-writer").ToList();
        Assert.All(writers, w => Assert.Equal("RowExclusiveLock", w.Mode));
        output.WriteLine(
            $"{DayRows} spans, {bytes / 1e6:F0} MB: gone in {took.TotalSeconds:F2} s with those of all tables, {await sql.ScalarAsync<double>("select seconds from otel.maintenance_log where action = 'drop_leaves' and table_name = 'otel.spans'"):F3} s of them for the spans");
        output.WriteLine($"{flushes.Sum()} flushes and {reads} reads meanwhile, no error; {samples} looks at pg_locks");
        output.WriteLine($"writers waited {writers.Count} times, at most {writers.Select(w => w.AtLeast.TotalMilliseconds).DefaultIfEmpty().Max():F0} ms; the keeper {waits.Count(w => w.Who == "otelorleans-control")} times");
        output.WriteLine($"AccessExclusiveLock was held on: {string.Join(", ", strong.Select(m => m.Relation).Order())}");

        Task<bool> IsThereAsync() => sql.ScalarAsync<bool>($"select to_regclass('{leaf}') is not null");

        async Task GoesOnAsync()
        {
            var (before, readBefore) = (flushes.ToArray(), reads);
            await Wait.ForAsync(
                async () =>
                {
                    // Who failed says why.
                    await Task.WhenAll(working.Where(w => w.IsCompleted));
                    return flushes.Zip(before).All(f => f.First > f.Second + 2) && reads > readBefore;
                },
                () => Task.FromResult($"flushes {string.Join(' ', flushes)} after {string.Join(' ', before)}, reads {reads} after {readBefore}"));
        }

        async Task WriteAsync(int service)
        {
            for (var i = 0; !ended.IsCancellationRequested; i++, flushes[service]++)
            {
                var result = await writer.FlushAsync(new() { ServiceName = $"s{service}", Moves = [new("t", 0, i == 0 ? null : i, i + 1)], Blocks = [Rows.Spans($"s{service}", 100)] }, Ct);
                Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
            }
        }

        async Task ReadAsync()
        {
            for (; !ended.IsCancellationRequested; reads++)
                await sql.ScalarAsync<long>("select count(*) from (select from otel_v1.spans where service_name = 's0' and start_time > now() - interval '1 minute' order by start_time desc limit 100) s");
        }
    }

    private static RetentionOptions OneTick => new() { Period = TimeSpan.FromTicks(1) };

    private static Task FillAsync(SqlDatabase sql, string leaf) => sql.ExecuteAsync($$"""
        set synchronous_commit = off;
        insert into {{leaf}} (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, service_name, name, attributes)
        select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '1 day' + i * interval '1 millisecond', i, 1, 1, 0, 2, 0, md5(i::text), left(md5(i::text), 16), 's' || i % 50, 'GET /cart',
            jsonb_build_object('http.request.method', 'GET', 'http.route', '/cart/' || i % 100, 'http.response.status_code', 200, 'server.address', 'cart.shop.svc', 'user.id', i)
        from generate_series(1, {{DayRows}}) i
        """);
}
