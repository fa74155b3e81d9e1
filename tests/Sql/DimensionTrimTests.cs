using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Upkeep;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

/// <summary>Resources, scopes, series and bounds go when no row refers to them any more, and not before.</summary>
public sealed class DimensionTrimTests(PostgresFixture postgres)
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("10 years")]
    [InlineData("-10 days")]
    public async Task Rows_of_a_strange_clock_keep_what_they_refer_to(string clock)
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await DimensionsAsync(sql, 1);
        await RowsAsync(sql, 1, $"now() + interval '{clock}'");
        await DimensionsAsync(sql, 100);

        await DropAsync(sql, Now.AddDays(4), TimeSpan.FromDays(30));

        Assert.Equal("resources 1, scopes 2, series 3, bounds 4", await DimensionsLeftAsync(sql));
        Assert.Equal(("cart", "lib", 1L), (
            await sql.ScalarAsync<string>("select resource_attributes->>'name' from otel_v1.spans"), await sql.ScalarAsync<string>("select scope_name from otel_v1.logs"),
            await sql.ScalarAsync<long>("select count(*) from otel_v1.metric_points where service_name = 'cart'")));
    }

    [Fact]
    public async Task Rows_that_came_long_before_their_day_keep_what_they_refer_to_when_they_move_to_its_leaf()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        // A leaf that is not made yet, as if its day were weeks away.
        var day = Now.AddDays(2).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        await sql.ExecuteAsync($"drop table otel.spans_{day}, otel.log_records_{day}, otel.metric_histogram_points_{day}");
        await DimensionsAsync(sql, 1);
        await RowsAsync(sql, 1, "now() + interval '2 days'");
        await DimensionsAsync(sql, 100);
        Assert.Equal(1, await sql.CountAsync("spans_default"));

        await DropAsync(sql, Now, TimeSpan.FromDays(2));
        Assert.Equal(0, await sql.CountAsync("spans_default"));
        await DropAsync(sql, Now.AddDays(3), TimeSpan.FromDays(2));

        Assert.Equal("resources 1, scopes 2, series 3, bounds 4", await DimensionsLeftAsync(sql));
        Assert.Equal(1, await sql.CountAsync("spans"));
    }

    [Fact]
    public async Task Rows_that_came_ahead_of_their_day_keep_what_they_refer_to()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await DimensionsAsync(sql, 1, "now()");
        await RowsAsync(sql, 1, "now() + interval '3 days'");

        await DropAsync(sql, Now.AddDays(4), TimeSpan.FromDays(1));

        Assert.Equal(1, await sql.CountAsync("spans"));
        Assert.Equal("resources 1, scopes 2, series 3, bounds 4", await DimensionsLeftAsync(sql));
    }

    [Fact]
    public async Task Leaf_that_could_not_be_dropped_keeps_what_its_rows_refer_to()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await DimensionsAsync(sql, 1, "now()");
        await RowsAsync(sql, 1, "now()");
        await using (var reader = new NpgsqlConnection($"{PostgresFixture.ConnectionString(sql.Options)};Pooling=false"))
        {
            await reader.OpenAsync(Ct);
            await using (var read = new NpgsqlCommand($"begin; select count(*) from otel.spans_{Now.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}", reader))
                await read.ExecuteNonQueryAsync(Ct);
            await DropAsync(sql, Now.AddDays(400), TimeSpan.FromDays(1));
            Assert.Equal("resources 1, scopes 2, series 3, bounds 4", await DimensionsLeftAsync(sql));
        }

        await DropAsync(sql, Now.AddDays(400), TimeSpan.FromDays(1));
        Assert.Equal("resources -, scopes -, series -, bounds -", await DimensionsLeftAsync(sql));
    }

    [Fact]
    public async Task Scopes_and_bounds_in_use_say_so_once_an_hour()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await DimensionsAsync(sql, 1);
        await using var writer = sql.NewWriter();
        var scope = new Rows(CopyLayouts.Scopes).Add(("scope_id", 2L), ("name", "lib")).ToBlock();

        var versions = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            await writer.FlushAsync(new() { ServiceName = "cart", Moves = [new("t", 0, i == 0 ? null : i, i + 1)], Blocks = [], Dimensions = [scope] }, Ct);
            Assert.True(await sql.ScalarAsync<bool>("select last_seen > now() - interval '1 hour' from otel.scopes"));
            versions.Add(await sql.ScalarAsync<string>("select xmin::text from otel.scopes"));
        }

        Assert.Equal(versions[0], versions[1]);
    }

    private static PartitionKeeper NewKeeper(SqlDatabase sql, DateTimeOffset now) => new(sql.Database, new FixedTime(now), NullLogger<PartitionKeeper>.Instance);

    private static async Task DropAsync(SqlDatabase sql, DateTimeOffset now, TimeSpan period)
    {
        var keeper = NewKeeper(sql, now);
        await keeper.EnsureAheadAsync(Ct);
        await keeper.DropOldAsync(new() { Period = period }, Ct);
    }

    /// <summary>A resource, a scope, a series and bounds with ids from a number on, last seen so long ago that nothing but a row can keep them.</summary>
    private static Task DimensionsAsync(SqlDatabase sql, int id, string lastSeen = "now() - interval '400 days'") => sql.ExecuteAsync($$"""
        insert into otel.resources (resource_id, service_name, attributes, last_seen) values ({{id}}, 'cart', '{"name": "cart"}', {{lastSeen}});
        insert into otel.scopes (scope_id, name, last_seen) values ({{id + 1}}, 'lib', {{lastSeen}});
        insert into otel.metric_series (series_id, resource_id, scope_id, type, service_name, metric_name, attributes, last_seen) values ({{id + 2}}, {{id}}, {{id + 1}}, 3, 'cart', 'm', '{}', {{lastSeen}});
        insert into otel.metric_histogram_bounds (bounds_id, explicit_bounds, last_seen) values ({{id + 3}}, '{1}', {{lastSeen}})
        """);

    private static Task RowsAsync(SqlDatabase sql, int id, string time) => sql.ExecuteAsync($$"""
        insert into otel.spans (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, service_name, name, attributes)
        values ({{time}}, 1, {{id}}, {{id + 1}}, 0, 2, 0, 't', 's', 'cart', 'GET', '{}');
        insert into otel.log_records (time, resource_id, scope_id, time_ns, severity_number, service_name, attributes) values ({{time}}, {{id}}, {{id + 1}}, 0, 9, 'cart', '{}');
        insert into otel.metric_histogram_points (time, series_id, count, bounds_id, time_ns) values ({{time}}, {{id + 2}}, 1, {{id + 3}}, 0)
        """);

    private static Task<string> DimensionsLeftAsync(SqlDatabase sql) => sql.ScalarAsync<string>("""
        select format('resources %s, scopes %s, series %s, bounds %s',
            coalesce((select string_agg(resource_id::text, ' ') from otel.resources), '-'), coalesce((select string_agg(scope_id::text, ' ') from otel.scopes), '-'),
            coalesce((select string_agg(series_id::text, ' ') from otel.metric_series), '-'), coalesce((select string_agg(bounds_id::text, ' ') from otel.metric_histogram_bounds), '-'))
        """);

    /// <summary>A day of its own, but real delays.</summary>
    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
