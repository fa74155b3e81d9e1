using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Ledger;
using OtelOrleans.Sql.Rollups;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Sql;

/// <summary>A migrated database of a test, with the eyes of somebody who does not trust our own code.</summary>
internal sealed class SqlDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _outside;

    private SqlDatabase(PostgresOptions options)
    {
        Options = options;
        Database = new(options);
        _outside = NpgsqlDataSource.Create($"{PostgresFixture.ConnectionString(options)};Application Name=test;Command Timeout=300");
    }

    public PostgresOptions Options { get; }

    public PostgresDatabase Database { get; }

    public IngestLedger Ledger => new(Database);

    public static async Task<SqlDatabase> CreateAsync(Task<PostgresOptions> options, bool migrate = true, Action<PostgresOptions>? configure = null)
    {
        var given = await options;
        configure?.Invoke(given);
        var database = new SqlDatabase(given);
        if (migrate)
            await database.MigrateAsync();
        return database;
    }

    public Task<IReadOnlyList<string>> MigrateAsync() => new SchemaMigrator(Database, NullLogger<SchemaMigrator>.Instance).MigrateAsync(CancellationToken.None);

    public CopyWriter NewWriter(RollupOptions? rollups = null) => new(Database, rollups ?? new(), TimeProvider.System, NullLogger<CopyWriter>.Instance);

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _outside.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public Task<long> CountAsync(string table) => ScalarAsync<long>($"select count(*) from otel.{table}");

    /// <summary>The columns of a layout of all rows of its table, as the server writes them.</summary>
    public async Task<byte[]> CopyOutAsync(CopyLayout layout)
    {
        // Signature, flags and length of an extension that is not there in front, a column count of -1 behind.
        const int header = 19, trailer = 2;
        await using var connection = await _outside.OpenConnectionAsync();
        await using var stream = await connection.BeginRawBinaryCopyAsync($"copy (select {layout.ColumnList} from otel.{layout.Table}) to stdout (format binary)");
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray()[header..^trailer];
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _outside.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Keeps every flush waiting at the ledger until the answer is disposed of: what is sent meanwhile is grouped.</summary>
    public async Task<IAsyncDisposable> HoldLedgerAsync()
    {
        var connection = await _outside.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("begin; lock table otel.ingest_ledger in access exclusive mode", connection);
        await command.ExecuteNonQueryAsync();
        return new Hold(connection);
    }

    /// <summary>Waits until a condition of the database holds; says which one if it does not within 20 s.</summary>
    public async Task UntilAsync(string condition)
    {
        for (var i = 0; i < 400; i++)
        {
            if (await ScalarAsync<bool>($"select {condition}"))
                return;
            await Task.Delay(50);
        }

        throw new TimeoutException($"never became true: {condition}");
    }

    public Task UntilFlushWaitsForLockAsync() =>
        UntilAsync("exists (select from pg_stat_activity where datname = current_database() and application_name = 'otelorleans-writer' and wait_event_type = 'Lock')");

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _outside.DisposeAsync();
    }

    private sealed class Hold(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (var command = new NpgsqlCommand("rollback", connection))
                await command.ExecuteNonQueryAsync();
            await connection.DisposeAsync();
        }
    }
}
