using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Postgresql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OtelOrleans.Sql;

/// <summary>
/// Brings the schema up to this version: runs the scripts of <c>sql/Migrations</c> that the journal <c>otel.schema_migrations</c> does not hold, each in a transaction with its
/// entry there. Any number of silos may start at once: one works, the others wait for it and find nothing left to do.
/// </summary>
public sealed class SchemaMigrator(PostgresDatabase database, ILogger<SchemaMigrator> logger)
{
    // Scripts run beside silos of the version before. One that waits for a lock holds up all who come after it: it gives up soon, and is tried again.
    private const string GiveUpSoon = "set local lock_timeout = '3s';";
    private const int Tries = 20;

    // Session-level advisory lock of everybody who migrates this database. The number is ours; it stands for nothing.
    private const long LockKey = 0x4F54_454C_4F52_4C31;

    /// <summary>The last script that is applied: an earlier version, for tests of upgrades.</summary>
    internal string? Last { get; init; }

    /// <summary>Applies what is missing and returns the names of the scripts it applied, in order. Throws what <see cref="SqlErrors.Describe"/> can explain.</summary>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken ct)
    {
        await using var connection = await database.Control.OpenConnectionAsync(ct);
        // Waits as long as another silo migrates; building an index can take its time.
        await ExecuteAsync(connection, $"select pg_advisory_lock({LockKey})", ct);
        try
        {
            // "if not exists" asks for the right to create a schema even if it exists, and the role of a silo need not have it.
            await ExecuteAsync(connection, "do $$ begin if to_regnamespace('otel') is null then create schema otel; end if; end $$", ct);

            var applied = new List<string>();
            for (var attempt = 1; !await UpgradeAsync(applied, isLast: attempt == Tries, ct); attempt++)
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(500, 1_500)), ct);
            foreach (var script in applied)
                SqlLog.MigrationApplied(logger, script, database.Address);
            if (applied.Count == 0)
                SqlLog.SchemaUpToDate(logger, database.Address);
            return applied;
        }
        finally
        {
            // If the connection is lost, so is the lock.
            if (connection.FullState == System.Data.ConnectionState.Open)
                await ExecuteAsync(connection, $"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    /// <summary>Applies what is missing and adds it to <paramref name="applied"/>; false if somebody held a lock that a script needs.</summary>
    private async Task<bool> UpgradeAsync(List<string> applied, bool isLast, CancellationToken ct)
    {
        // DbUp works synchronously.
        var result = await Task.Run(Upgrade, ct);
        applied.AddRange(result.Scripts.Select(s => s.Name).Except(applied));
        if (result.Successful)
            return true;
        if (!isLast && SqlErrors.SqlStateOf(result.Error) is (PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected))
            return false;
        throw new SchemaMigrationException($"Migration {result.ErrorScript?.Name ?? "journal"} failed: {SqlErrors.Describe(result.Error)}", result.Error);
    }

    private DatabaseUpgradeResult Upgrade() =>
        DeployChanges.To
            .PostgresqlDatabase(new PostgresqlConnectionManager(database.Control))
            .JournalToPostgresqlTable("otel", "schema_migrations")
            .WithScriptsEmbeddedInAssembly(typeof(SchemaMigrator).Assembly, name => name.EndsWith(".sql", StringComparison.Ordinal) && (Last is null || string.CompareOrdinal(name, Last) <= 0))
            .WithTransactionPerScript()
            .WithPreprocessor(new Prefix(GiveUpSoon))
            // Bodies of functions are full of dollars.
            .WithVariablesDisabled()
            .WithExecutionTimeout(TimeSpan.FromHours(1))
            .LogTo(new Log(logger))
            .Build()
            .PerformUpgrade();

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    private sealed class Prefix(string statement) : IScriptPreprocessor
    {
        public string Process(string contents) => $"{statement}\n{contents}";
    }

    /// <summary>DbUp tells every step and, on failure, throws nothing: we tell the results ourselves.</summary>
    private sealed class Log(ILogger logger) : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args) => Write(null, format, args);

        public void LogDebug(string format, params object[] args) => Write(null, format, args);

        public void LogInformation(string format, params object[] args) => Write(null, format, args);

        public void LogWarning(string format, params object[] args) => Write(null, format, args);

        public void LogError(string format, params object[] args) => Write(null, format, args);

        public void LogError(Exception ex, string format, params object[] args) => Write(ex, format, args);

        private void Write(Exception? exception, string format, object[] args)
        {
            if (logger.IsEnabled(LogLevel.Debug))
                SqlLog.MigrationProgress(logger, args.Length == 0 ? format : string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args), exception);
        }
    }
}

/// <summary>A migration script failed; it left nothing behind. The inner exception says why.</summary>
public sealed class SchemaMigrationException(string message, Exception inner) : Exception(message, inner);
