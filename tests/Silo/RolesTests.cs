using System.Globalization;
using Npgsql;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>A silo whose database role may do what a silo does, and nothing else (<c>deploy/postgres/roles.sql</c>).</summary>
public sealed class RolesTests(PostgresFixture postgres)
{
    private const string Password = "p";

    [Fact]
    public async Task Silo_that_owns_nothing_stores_and_looks_after_its_tables()
    {
        var admin = await postgres.CreateDatabaseAsync();
        var (owner, silo, reader) = ($"{admin.Database}_owner", $"{admin.Database}_silo", $"{admin.Database}_reader");
        await ExecuteAsync(admin, $"create role {owner} login createrole password '{Password}'; alter database {admin.Database} owner to {owner}");
        Assert.Equal(0, (await SiloProcess.RunAsync(["migrate"], SiloProcess.Variables(As(admin, owner), "127.0.0.1:1"))).ExitCode);
        await ExecuteAsync(As(admin, owner), await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy", "postgres", "roles.sql"), TestContext.Current.CancellationToken));
        await ExecuteAsync(admin, $"create role {silo} login password '{Password}' in role otel_writer; create role {reader} login password '{Password}' in role otel_reader");
        var tomorrow = TimeProvider.System.GetUtcNow().AddDays(1).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        await ExecuteAsync(As(admin, owner), $"drop table otel.spans_{tomorrow}");

        await using var bench = PipelineBench.Create(admin);
        await using var process = bench.StartSilo(("POSTGRES_USER", silo), ("POSTGRES_PASSWORD", Password), ("DATA_RETENTION_PERIOD", "36500d"));
        await process.WaitReadyAsync();
        await bench.ProduceAsync([bench.File("poison-traces.pb", "this is no protobuf"u8.ToArray())]);
        await bench.ProduceCorpusAsync();

        await bench.StoredAsync();
        Assert.True(await bench.ScalarAsync<bool>($"select to_regclass('otel.spans_{tomorrow}') is not null"));
        await Wait.ForAsync(true, () => bench.ScalarAsync<bool>("select not exists (select from otel.service_rollup_deltas) and exists (select from otel.service_rollups)"));
        var drop = await SiloProcess.RunAsync(["dead-letters", "drop", "--reason", "malformed_payload", "--yes"], SiloProcess.Variables(As(admin, silo), "127.0.0.1:1"));
        Assert.True(drop.ExitCode == 0, drop.Errors);
        var audit = await SiloProcess.RunAsync(["audit"], SiloProcess.Variables(As(admin, silo), "127.0.0.1:1"));
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Errors);
        Assert.Equal(0, await process.TerminateAsync());
        Assert.DoesNotContain("lacks a right", process.Errors, StringComparison.Ordinal);

        foreach (var forbidden in new[] { "delete from otel.spans", "update otel.spans set name = ''", "truncate otel.log_records", "drop table otel.spans", "create table otel.x ()", "delete from otel.ingest_ledger", "insert into otel.schema_migrations values (1)", "select from pg_authid" })
        {
            await ForbiddenAsync(As(admin, silo), forbidden);
        }

        await ExecuteAsync(As(admin, reader), "select * from otel_v1.spans limit 1; select * from otel_v1.services limit 1; select * from public.traces limit 1");
        foreach (var forbidden in new[] { "select * from otel.spans", "select otel.drop_partitions_before('otel_v1.spans', now()::date)", "select * from orleans.OrleansMembershipTable" })
        {
            await ForbiddenAsync(As(admin, reader), forbidden);
        }
    }

    private static PostgresOptions As(PostgresOptions options, string role) => new() { Host = options.Host, Port = options.Port, Database = options.Database, User = role, Password = Password };

    private static async Task ForbiddenAsync(PostgresOptions options, string sql)
    {
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(options, sql));
        Assert.True(refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege, $"{sql}: {refusal.Message}");
    }

    private static async Task ExecuteAsync(PostgresOptions options, string sql)
    {
        await using var connection = new NpgsqlConnection($"{PostgresFixture.ConnectionString(options)};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
