using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Indexes;
using OtelOrleans.Sql.Upkeep;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

/// <summary>Indexes that <c>migrate --index</c> makes.</summary>
public sealed class OptionalIndexTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("attributes", "spans", "attributes @> '{\"http.route\": \"/r7\"}'")]
    [InlineData("attributes", "logs", "attributes @> '{\"http.route\": \"/r7\"}'")]
    [InlineData("attribute:http.route", "spans", "left(attributes->>'http.route', 256) = '/r7' and start_time > now() - interval '1 hour'")]
    [InlineData("attribute:http.route", "logs", "left(attributes->>'http.route', 256) = '/r7'")]
    [InlineData("attribute:it's", "spans", "left(attributes->>'it''s', 256) = 'x'")]
    [InlineData("body-text", "logs", "to_tsvector('simple', left(body, 65536)) @@ plainto_tsquery('simple', 'word7')")]
    [InlineData("body-trigram", "logs", "body like '%word7 %'")]
    public async Task Index_serves_its_query_through_the_read_contract_and_finds_the_same_rows(string name, string view, string condition)
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await FillAsync(sql, 20_000);
        var query = $"select count(*) from otel_v1.{view} where {condition}";
        var expected = await sql.ScalarAsync<long>(query);

        await new IndexBuilder(sql.Database).CreateAsync(Parse(name), _ => { }, Ct);

        var plan = await PlanAsync(sql, query);
        Assert.Contains($"_{name.Split(':', '-')[0]}", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on " + (view == "spans" ? "spans" : "log_records") + DateTime.UtcNow.ToString("_yyyyMMdd", null), plan, StringComparison.Ordinal);
        Assert.Equal(expected, await sql.ScalarAsync<long>(query));
        Assert.All(await new IndexBuilder(sql.Database).ListAsync(Ct), i => Assert.Equal((name, i.Leaves), (i.Name, i.Built)));
    }

    [Fact]
    public async Task Leaf_that_is_made_later_has_the_index_too()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var builder = new IndexBuilder(sql.Database);
        await builder.CreateAsync(Parse("attributes"), _ => { }, Ct);
        var before = (await builder.ListAsync(Ct)).Sum(i => i.Leaves);

        await new PartitionKeeper(sql.Database, new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(2)), NullLogger<PartitionKeeper>.Instance).EnsureAheadAsync(Ct);

        var after = await builder.ListAsync(Ct);
        Assert.Equal(before + 4, after.Sum(i => i.Leaves));
        Assert.All(after, i => Assert.Equal(i.Leaves, i.Built));
    }

    [Fact]
    public async Task Silos_go_on_writing_while_an_index_is_built()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var writer = sql.NewWriter();
        await FillAsync(sql, 50_000);
        using var ended = new CancellationTokenSource();
        var flushes = 0;
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; !ended.IsCancellationRequested; i++, flushes++)
                {
                    var result = await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 0, i == 0 ? null : i, i + 1)], Blocks = [Rows.Spans("s", 100)] }, Ct);
                    Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
                }
            },
            Ct);
        await Wait.ForAsync(() => Task.FromResult(flushes > 3), () => Task.FromResult($"{flushes} flushes"));
        var before = flushes;
        var said = new List<string>();

        await new IndexBuilder(sql.Database).CreateAsync(Parse("attributes"), said.Add, Ct);
        Assert.True(flushes > before);
        await ended.CancelAsync();
        await writing;

        Assert.Equal(12, said.Count);
        Assert.Equal(50_000 + flushes * 100L, await sql.CountAsync("spans"));
        Assert.Equal(flushes * 100L, await sql.ScalarAsync<long>("set enable_seqscan = off; select count(*) from otel.spans where attributes @> '{}' and service_name = 's'"));
    }

    [Fact]
    public async Task Interrupted_building_goes_on_where_it_stood()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await FillAsync(sql, 100);
        var builder = new IndexBuilder(sql.Database);
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        await using (var writer = new NpgsqlConnection($"{PostgresFixture.ConnectionString(sql.Options)};Pooling=false"))
        {
            // Building concurrently waits for those who write. The leaf of yesterday is built after those of today and later.
            await writer.OpenAsync(Ct);
            var leaf = "log_records" + DateTime.UtcNow.AddDays(-1).ToString("_yyyyMMdd", null);
            await using (var write = new NpgsqlCommand($"begin; lock table otel.{leaf} in row exclusive mode", writer))
                await write.ExecuteNonQueryAsync(Ct);
            var building = builder.CreateAsync(Parse("body-text"), _ => { }, interrupted.Token);
            await sql.UntilAsync($"exists (select from pg_stat_activity where datname = current_database() and query like 'create index concurrently {leaf}%' and wait_event_type = 'Lock')");

            // Nobody else gets in between.
            Assert.Contains("Somebody else", (await Assert.ThrowsAsync<IndexException>(() => builder.DropAsync(Parse("attributes"), Ct))).Message, StringComparison.Ordinal);

            await interrupted.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => building);
        }

        await sql.UntilAsync("exists (select from pg_index where not indisvalid and indrelid in (select inhrelid from pg_inherits where inhparent = 'otel.log_records'::regclass))");
        var state = Assert.Single(await builder.ListAsync(Ct));
        Assert.Equal((5, 6), (state.Built, state.Leaves));

        await Wait.ForAsync(
            async () => await sql.ScalarAsync<long>("select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())") == 0,
            () => Task.FromResult("the interrupted session still holds its lock"));
        var said = new List<string>();
        await builder.CreateAsync(Parse("body-text"), said.Add, Ct);

        Assert.Single(said);
        Assert.Equal(6, Assert.Single(await builder.ListAsync(Ct)).Built);
        Assert.Equal(0, await sql.ScalarAsync<long>("select count(*) from pg_index where not indisvalid"));
    }

    [Fact]
    public async Task Dropped_index_leaves_nothing_behind_finished_or_not()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        const string all = "select string_agg(c.relname, ' ' order by c.relname) from pg_class c where c.relkind in ('i', 'I') and c.relnamespace = 'otel'::regnamespace";
        var before = await sql.ScalarAsync<string>(all);
        var builder = new IndexBuilder(sql.Database);
        var index = Parse("attribute:http.route");
        await builder.CreateAsync(index, _ => { }, Ct);
        // As an attempt leaves it that was killed between building and attaching.
        await sql.ExecuteAsync($"drop index otel.{index.On("spans")}; create index {index.On("spans_default")} on otel.spans_default (name)");

        Assert.True(await builder.DropAsync(index, Ct));

        Assert.Equal(before, await sql.ScalarAsync<string>(all));
        Assert.Empty(await builder.ListAsync(Ct));
        Assert.False(await builder.DropAsync(index, Ct));
    }

    [Fact]
    public async Task Long_values_of_an_indexed_attribute_are_stored()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await new IndexBuilder(sql.Database).CreateAsync(Parse("attribute:k"), _ => { }, Ct);
        await using var writer = sql.NewWriter();
        var value = string.Concat(Enumerable.Range(0, 100_000).Select(i => char.ConvertFromUtf32(0x10000 + i * 7919 % 0xFFFF)));
        var rows = new Rows(CopyLayouts.Spans).Add(("attributes", $"{{\"k\": \"{value}\"}}"), ("start_time", DateTime.UtcNow));

        var result = await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 0, null, 1)], Blocks = [rows.ToBlock()] }, Ct);

        Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
    }

    [Fact]
    public async Task Where_trigrams_cannot_be_had_it_says_what_to_do()
    {
        await using var admin = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), migrate: false);
        var role = $"indexer_{admin.Options.Database}";
        await admin.ExecuteAsync($"create role {role} login password 'p'; alter database {admin.Options.Database} owner to {role}");
        await using var database = new PostgresDatabase(new() { Host = admin.Options.Host, Port = admin.Options.Port, User = role, Password = "p", Database = admin.Options.Database });
        await new SchemaMigrator(database, NullLogger<SchemaMigrator>.Instance).MigrateAsync(Ct);
        await admin.ExecuteAsync($"alter database {admin.Options.Database} owner to {admin.Options.User}");

        var refused = await Assert.ThrowsAsync<IndexException>(() => new IndexBuilder(database).CreateAsync(Parse("body-trigram"), _ => { }, Ct));

        Assert.Contains("run `create extension pg_trgm`", refused.Message, StringComparison.Ordinal);
        await admin.ExecuteAsync("create schema elsewhere; create extension pg_trgm schema elsewhere");
        await admin.ExecuteAsync($"grant usage on schema elsewhere to {role}");
        await new IndexBuilder(database).CreateAsync(Parse("body-trigram"), _ => { }, Ct);
        Assert.Equal(6, Assert.Single(await new IndexBuilder(database).ListAsync(Ct)).Built);
    }

    [Fact]
    public async Task Verb_migrate_builds_lists_and_drops()
    {
        var database = new DatabaseCopy(await postgres.CreateDatabaseAsync());

        Assert.Equal((64, true), Short(await database.RunAsync("migrate", "--index", "attribute"), "'attribute' is not an optional index"));
        Assert.Equal((0, true), Short(await database.RunAsync("migrate", "--index", "body-text", "attribute:http.route"), "attribute:http.route: complete"));
        var (code, listed) = await database.RunAsync("migrate", "--list-indexes");
        Assert.Equal((0, 3), (code, listed.Split('\n').Count(l => l.Contains("6 of 6", StringComparison.Ordinal))));
        Assert.Equal((0, true), Short(await database.RunAsync("migrate", "--drop-index", "body-text"), "body-text: dropped"));
        Assert.DoesNotContain("body-text", (await database.RunAsync("migrate", "--list-indexes")).Output, StringComparison.Ordinal);

        static (int, bool) Short((int ExitCode, string Output) run, string expected) => (run.ExitCode, run.Output.Contains(expected, StringComparison.Ordinal));
    }

    private static OptionalIndex Parse(string name) => OptionalIndex.TryParse(name, out var index) ? index : throw new ArgumentException(name);

    private static async Task<string> PlanAsync(SqlDatabase sql, string query)
    {
        await using var connection = new NpgsqlConnection(PostgresFixture.ConnectionString(sql.Options));
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand($"explain (costs off) {query}", connection);
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var lines = new List<string>();
        while (await reader.ReadAsync(Ct))
            lines.Add(reader.GetString(0));
        return string.Join('\n', lines);
    }

    /// <summary>Spans and log records of now, with 5,000 routes and words.</summary>
    private static Task FillAsync(SqlDatabase sql, int rows) => sql.ExecuteAsync($$"""
        insert into otel.spans (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, service_name, name, attributes)
        select now(), 1, 1, 1, 0, 2, 0, 't' || i, 's' || i, 'cart', 'GET', jsonb_build_object('http.route', '/r' || i % 5000, 'http.status', i % 5) from generate_series(1, {{rows}}) i;
        insert into otel.log_records (time, resource_id, scope_id, time_ns, severity_number, service_name, body, attributes)
        select now(), 1, 1, 0, 9, 'cart', 'found word' || i % 5000 || ' in the text', jsonb_build_object('http.route', '/r' || i % 5000) from generate_series(1, {{rows}}) i;
        analyze otel.spans, otel.log_records
        """);
}
