using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Upkeep;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

public sealed class SchemaTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Five_starters_at_once_apply_each_script_once()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), migrate: false);
        var applied = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            await using var database = new PostgresDatabase(sql.Options);
            return await new SchemaMigrator(database, NullLogger<SchemaMigrator>.Instance).MigrateAsync(Ct);
        }));

        var scripts = applied.SelectMany(s => s).ToList();
        Assert.NotEmpty(scripts);
        Assert.Equal(scripts.Distinct().Order(StringComparer.Ordinal), scripts);
        Assert.Equal(scripts.Count, await sql.CountAsync("schema_migrations"));
        Assert.Equal(0L, await sql.ScalarAsync<long>("select count(*) from pg_locks where locktype = 'advisory'and database = (select oid from pg_database where datname = current_database())"));
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        const string shape = "select string_agg(c.oid || c.relname || c.relkind::text, ',' order by c.oid) from pg_class c where c.relnamespace in ('otel'::regnamespace, 'orleans'::regnamespace)";
        var before = await sql.ScalarAsync<string>(shape);
        Assert.Empty(await sql.MigrateAsync());
        Assert.Equal(before, await sql.ScalarAsync<string>(shape));
    }

    [Fact]
    public async Task Scripts_can_run_again_over_their_own_work()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await sql.ExecuteAsync("drop table otel.schema_migrations");
        Assert.NotEmpty(await sql.MigrateAsync());
    }

    [Fact]
    public async Task Owner_of_the_database_need_not_be_superuser_and_a_later_silo_need_not_own_anything()
    {
        await using var admin = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), migrate: false);
        var (owner, writer) = ($"owner_{admin.Options.Database}", $"writer_{admin.Options.Database}");
        await admin.ExecuteAsync($"create role {owner} login password 'p'; create role {writer} login password 'p'; alter database {admin.Options.Database} owner to {owner}");

        await using var asOwner = new PostgresDatabase(As(owner));
        Assert.NotEmpty(await new SchemaMigrator(asOwner, NullLogger<SchemaMigrator>.Instance).MigrateAsync(Ct));
        Assert.Empty(await SchemaCheck.VerifyAsync(asOwner, Ct));

        await admin.ExecuteAsync($"grant usage on schema otel to {writer}; grant select on all tables in schema otel to {writer}");
        await using var asWriter = new PostgresDatabase(As(writer));
        Assert.Empty(await new SchemaMigrator(asWriter, NullLogger<SchemaMigrator>.Instance).MigrateAsync(Ct));

        PostgresOptions As(string role) => new() { Host = admin.Options.Host, Port = admin.Options.Port, User = role, Password = "p", Database = admin.Options.Database };
    }

    [Fact]
    public async Task Every_layout_matches_its_table()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        Assert.Empty(await SchemaCheck.VerifyAsync(sql.Database, Ct));
    }

    [Fact]
    public async Task Schema_check_names_what_is_wrong_and_what_to_do()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await sql.ExecuteAsync("""
            drop schema otel_v1 cascade;
            drop view if exists public.logs;
            alter table otel.spans drop column trace_state;
            alter table otel.scopes alter column version type varchar(10);
            alter table otel.resources add column weight int not null;
            drop table otel.dead_letters
            """);
        Assert.Equal(
            [
                "column otel.resources.weight needs a value that this version does not write: give it a default",
                "column otel.scopes.version is character varying(10), this version writes text: run the version that made it, or migrate the column",
                "table otel.spans lacks column trace_state: run `otelorleans migrate`",
                "table otel.dead_letters is missing: run `otelorleans migrate`",
            ],
            await SchemaCheck.VerifyAsync(sql.Database, Ct));
    }

    [Fact]
    public async Task Partitions_are_made_ahead_by_several_silos_at_once_and_rows_that_came_early_move_in()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await sql.ExecuteAsync("""
            insert into otel.spans (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, service_name, name, attributes)
            select now() + interval '7 days', 1, 1, 1, 0, 0, 0, 'a', 'b', 'early', 'n', '{}'
            """);
        Assert.Equal(1L, await sql.CountAsync("spans_default"));

        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(7));
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            new PartitionKeeper(sql.Database, time, NullLogger<PartitionKeeper>.Instance).EnsureAheadAsync(Ct)));

        var tables = (int)await sql.ScalarAsync<long>("select count(*) from pg_partitioned_table");
        Assert.Equal(tables * 5, made.Sum());
        Assert.Equal(0L, await sql.CountAsync("spans_default"));
        Assert.Equal(1L, await sql.CountAsync("spans"));
        Assert.Equal(0, await new PartitionKeeper(sql.Database, time, NullLogger<PartitionKeeper>.Instance).EnsureAheadAsync(Ct));

        var dropped = await new PartitionKeeper(sql.Database, time, NullLogger<PartitionKeeper>.Instance).DropOldAsync(new() { Period = TimeSpan.FromTicks(1) }, Ct);
        Assert.Equal(tables * 6, dropped);
        Assert.Equal(1L, await sql.CountAsync("spans"));
    }

    [Fact]
    public async Task Partitions_are_left_for_later_while_somebody_reads_the_default_leaf()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await using var reader = new Npgsql.NpgsqlConnection($"{PostgresFixture.ConnectionString(sql.Options)};Pooling=false");
        await reader.OpenAsync(Ct);
        await using (var read = new Npgsql.NpgsqlCommand("begin; select count(*) from otel.spans_default", reader))
            await read.ExecuteNonQueryAsync(Ct);

        var time = new ImpatientTime(TimeProvider.System.GetUtcNow().AddDays(1));
        var tables = (int)await sql.ScalarAsync<long>("select count(*) from pg_partitioned_table");
        Assert.Equal(tables - 1, await new PartitionKeeper(sql.Database, time, NullLogger<PartitionKeeper>.Instance).EnsureAheadAsync(Ct));
    }

    [Fact]
    public async Task Long_values_are_compressed_with_lz4_where_the_server_has_it()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var compressed = await sql.ScalarAsync<long>("select count(*) from pg_attribute where attcompression = 'l' and attrelid = 'otel.spans_default'::regclass");
        Assert.True(compressed is 0 or 3);
        Assert.Equal(compressed, await sql.ScalarAsync<long>(
            "select count(*) from pg_attribute where attcompression = 'l' and attrelid = ('otel.spans_' || to_char(now() at time zone 'UTC', 'YYYYMMDD'))::regclass"));
    }

    /// <summary>A day of its own, but real delays.</summary>
    private sealed class ImpatientTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
