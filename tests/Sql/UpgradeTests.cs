using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

/// <summary>From every earlier version, with data in it and while its silos write, to this one.</summary>
public sealed class UpgradeTests(PostgresFixture postgres)
{
    /// <summary>The first version whose silos stored rollups and the audit's records with the rows, as today's do.</summary>
    private const string FirstWithTodaysFlush = "0010_rollups.sql";

    private static readonly string[] All = [.. typeof(SchemaMigrator).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Versions => [.. All[..^1]];

    public static TheoryData<string> VersionsWithTodaysFlush => [.. All[..^1].Where(n => string.CompareOrdinal(n, FirstWithTodaysFlush) >= 0)];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Data_of_an_earlier_version_is_there_after_the_upgrade_and_can_be_read(string last)
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), migrate: false);
        await InstallAsync(sql, last);
        await FillAsync(sql);

        var applied = await sql.MigrateAsync();

        Assert.Equal(All.Where(n => string.CompareOrdinal(n, last) > 0), applied);
        Assert.Empty(await SchemaCheck.VerifyAsync(sql.Database, Ct));
        Assert.Equal("cart GET 1.5 error {\"k\": 1} {\"host\": \"h\"} lib", await sql.ScalarAsync<string>(
            "select concat_ws(' ', service_name, name, duration_ms, status, attributes, resource_attributes, scope_name) from otel_v1.spans"));
        Assert.Equal("cart it failed true t1", await sql.ScalarAsync<string>("select concat_ws(' ', service_name, body, case when is_error then 'true' end, trace_id) from otel_v1.logs"));
        Assert.Equal("orders 42", await sql.ScalarAsync<string>("select concat_ws(' ', metric_name, value) from otel_v1.metric_points"));
        Assert.Equal(1, await sql.ScalarAsync<long>("select count(*) from otel_v1.trace('t1')"));
        Assert.Equal(1, await sql.ScalarAsync<long>("select count(*) from otel_v1.services where service_name = 'cart'"));
        if (string.CompareOrdinal(last, "0002") >= 0)
            Assert.Equal((7L, 1L), (await sql.ScalarAsync<long>("select next_offset from otel.ingest_ledger"), await sql.CountAsync("dead_letters")));
    }

    [Theory]
    [MemberData(nameof(VersionsWithTodaysFlush))]
    public async Task Silos_write_on_during_the_upgrade_and_after_it(string last)
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), migrate: false);
        await InstallAsync(sql, last);
        await using var writer = sql.NewWriter();
        using var ended = new CancellationTokenSource();
        var flushes = 0;
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; !ended.IsCancellationRequested; i++, flushes++)
                {
                    var result = await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, i == 0 ? null : i, i + 1)], Blocks = [Rows.Spans("cart", 10)] }, Ct);
                    Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
                    // What silos before 0032 do with a scope.
                    await sql.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"insert into otel.scopes (scope_id, name) values ({i % 3}, 'lib') on conflict (scope_id) do nothing"));
                }
            },
            Ct);
        await Wait.ForAsync(() => Task.FromResult(flushes > 3), () => Task.FromResult($"{flushes} flushes"));

        await sql.MigrateAsync();
        var before = flushes;
        await Wait.ForAsync(() => Task.FromResult(flushes > before + 3), () => Task.FromResult($"{flushes} flushes"));
        await ended.CancelAsync();
        await writing;

        Assert.Equal(flushes * 10L, await sql.CountAsync("spans"));
        Assert.Equal(3, await sql.CountAsync("scopes"));
    }

    [Fact]
    public async Task Migration_that_waits_for_a_lock_lets_others_pass_and_comes_through_in_the_end()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), migrate: false);
        await InstallAsync(sql, "0031_upkeep.sql");
        Task<IReadOnlyList<string>> migrating;
        await using (var reader = new NpgsqlConnection($"{PostgresFixture.ConnectionString(sql.Options)};Pooling=false"))
        {
            await reader.OpenAsync(Ct);
            await using (var read = new NpgsqlCommand("begin; select count(*) from otel.scopes", reader))
                await read.ExecuteNonQueryAsync(Ct);
            migrating = sql.MigrateAsync();
            await sql.UntilAsync("exists (select from pg_locks where not granted and relation = 'otel.scopes'::regclass)");

            // Would wait for ever behind a migration that did.
            await sql.ExecuteAsync("insert into otel.scopes (scope_id, name) values (1, 'lib')");
            Assert.False(migrating.IsCompleted);
        }

        Assert.Contains("0032_kept_dimensions.sql", await migrating);
        Assert.Equal(1, await sql.CountAsync("scopes"));
    }

    private static Task<IReadOnlyList<string>> InstallAsync(SqlDatabase sql, string last) =>
        new SchemaMigrator(sql.Database, NullLogger<SchemaMigrator>.Instance) { Last = last }.MigrateAsync(Ct);

    private static async Task FillAsync(SqlDatabase sql)
    {
        // Before 0003 there is nowhere to put a row.
        var hasLeaves = await sql.ScalarAsync<bool>("select to_regclass('otel.spans_default') is not null");
        if (!hasLeaves)
            await sql.ExecuteAsync("create table otel.spans_default partition of otel.spans default; create table otel.log_records_default partition of otel.log_records default; create table otel.metric_number_points_default partition of otel.metric_number_points default");
        await sql.ExecuteAsync("""
            insert into otel.resources (resource_id, service_name, attributes) values (1, 'cart', '{"host": "h"}');
            insert into otel.scopes (scope_id, name) values (2, 'lib');
            insert into otel.spans (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, service_name, name, attributes)
            values (now(), 1500000, 1, 2, 7, 2, 2, 't1', 's1', 'cart', 'GET', '{"k": 1}');
            insert into otel.log_records (time, resource_id, scope_id, time_ns, severity_number, trace_id, service_name, body, attributes) values (now(), 1, 2, 0, 17, 't1', 'cart', 'it failed', '{}');
            insert into otel.metric_series (series_id, resource_id, scope_id, type, service_name, metric_name, attributes) values (3, 1, 2, 2, 'cart', 'orders', '{}');
            insert into otel.metric_number_points (time, series_id, value_int, time_ns) values (now(), 3, 42, 0);
            """);
        if (await sql.ScalarAsync<bool>("select to_regclass('otel.ingest_ledger') is not null"))
        {
            await sql.ExecuteAsync("""
                insert into otel.ingest_ledger (service_name, topic, partition, next_offset) values ('cart', 'otlp_spans', 0, 7);
                insert into otel.dead_letters (topic, partition, "offset", signal, reason, payload) values ('otlp_spans', 0, 3, 'traces', 'not_otlp', 'x')
                """);
        }
    }
}
