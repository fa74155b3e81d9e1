using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OtelOrleans.Sql.Upkeep;

/// <summary>
/// Keeps daily partitions (UTC) made ahead of time, and drops those that are too old. Missing ones lose nothing: their rows go to the default leaf, and move when the leaf is made.
/// </summary>
public sealed class PartitionKeeper(PostgresDatabase database, TimeProvider time, ILogger<PartitionKeeper> logger)
{
    /// <summary>Days made ahead. Three: a failure on a Friday night is noticed on Monday.</summary>
    public const int DaysAhead = 3;

    // Rows come up to DaysAhead days before the leaf that they are in; two more, as "last seen" is true to the hours, and clocks differ.
    private const int DaysUnseen = DaysAhead + 2;

    // Silos of versions before 0032 do not write down which scopes and bounds they use: for a month they can run beside newer ones.
    private const int DaysUnseenByOldSilos = 30;

    private const int Tries = 5;
    private const int RowsAtOnce = 10_000;

    /// <summary>
    /// Makes the leaves from yesterday to <see cref="DaysAhead"/> days ahead that are missing, and returns how many it made. What cannot be made now (somebody holds a lock, the
    /// role may not) is logged and left to the next call. Throws where the database cannot be reached.
    /// </summary>
    public async Task<int> EnsureAheadAsync(CancellationToken ct)
    {
        var today = Today();
        var made = 0;
        foreach (var table in await TablesAsync(ct))
        {
            var change = new Change("make_leaves", table, $"up to {Text(today.AddDays(DaysAhead))}", "select otel.ensure_partitions($1::text::regclass, $2, $3)", today.AddDays(-1), today.AddDays(DaysAhead));
            var leaves = (int)await TryAsync(change, ct);
            if (leaves > 0)
                SqlLog.PartitionsMade(logger, leaves, table, today.AddDays(DaysAhead));
            made += leaves;
        }

        return made;
    }

    /// <summary>
    /// Drops the leaves whose days are wholly older than the options allow, deletes what lies as far back in the default leaves, and dimension rows that nothing refers to any more.
    /// Returns the number of leaves. What cannot be done now is logged and left to the next call.
    /// </summary>
    public async Task<int> DropOldAsync(RetentionOptions retention, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(retention);
        var dropped = 0;
        var drops = false;
        foreach (var table in await TablesAsync(ct))
        {
            var name = table[(table.IndexOf('.', StringComparison.Ordinal) + 1)..];
            var firstKept = retention.Of(name) is { } age ? DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime - age) : (DateOnly?)null;
            drops |= firstKept is not null && RetentionOptions.HasDimensions(name);
            if (firstKept is { } day)
                dropped += await DropBeforeAsync(table, day, ct);
        }

        if (drops)
            await TrimDimensionsAsync(ct);
        return dropped;
    }

    /// <summary>
    /// By the oldest leaf that there is, whatever the options say: one that could not be dropped keeps what its rows refer to. Rows of default leaves keep it by being looked at.
    /// </summary>
    private async Task TrimDimensionsAsync(CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("""
            select min(otel.oldest_leaf(p.partrelid))
            from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
            where c.relnamespace = 'otel'::regnamespace and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname in ('resource_id', 'series_id'))
            """);
        DateOnly unseenSince;
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct) || reader.IsDBNull(0))
                return;
            unseenSince = reader.GetFieldValue<DateOnly>(0).AddDays(-DaysUnseen);
        }

        // Series first: they refer to resources and scopes.
        foreach (var table in new[] { "otel.metric_series", "otel.resources" })
            await DeleteAsync("trim_dimensions", table, unseenSince, ct);
        foreach (var table in new[] { "otel.scopes", "otel.metric_histogram_bounds" })
            await DeleteAsync("trim_dimensions", table, unseenSince.AddDays(-DaysUnseenByOldSilos), ct);
    }

    private async Task<int> DropBeforeAsync(string table, DateOnly firstKept, CancellationToken ct)
    {
        var change = new Change("drop_leaves", table, $"before {Text(firstKept)}", "select otel.drop_partitions_before($1::text::regclass, $2)", firstKept);
        var dropped = (int)await TryAsync(change, ct);
        if (dropped > 0)
            SqlLog.PartitionsDropped(logger, dropped, table, firstKept);
        await DeleteAsync("delete_strange_rows", table, firstKept, ct);
        return dropped;
    }

    private async Task DeleteAsync(string function, string table, DateOnly before, CancellationToken ct)
    {
        var change = new Change(function, table, $"before {Text(before)}", $"select otel.{function}($1::text::regclass, $2, $3)", before.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc), RowsAtOnce);
        while (await TryAsync(change, ct) == RowsAtOnce)
        {
        }
    }

    /// <summary>One change in a transaction of its own, that gives up soon where others hold what it needs: whoever waits for a lock holds up all who come after.</summary>
    private async Task<long> TryAsync(Change change, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var began = Stopwatch.GetTimestamp();
                await using var connection = await database.Control.OpenConnectionAsync(ct);
                await using var transaction = await connection.BeginTransactionAsync(ct);
                // Long enough for the writers' transactions to pass, short enough for nobody to notice the queue behind us.
                await using (var timeout = new NpgsqlCommand("set local lock_timeout = '1s'", connection))
                    await timeout.ExecuteNonQueryAsync(ct);
                await using var command = new NpgsqlCommand(change.Sql, connection);
                command.Parameters.Add(new() { Value = change.Table });
                foreach (var argument in change.Arguments)
                    command.Parameters.Add(new() { Value = argument });
                var affected = Convert.ToInt64(await command.ExecuteScalarAsync(ct), CultureInfo.InvariantCulture);
                if (affected > 0)
                    await MaintenanceLog.WriteAsync(connection, change.Action, change.Table, change.Detail, affected, began, ct);
                await transaction.CommitAsync(ct);
                MaintenanceLog.Count(change.Action, affected);
                return affected;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected && attempt < Tries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(100, 500)), time, ct);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.InsufficientPrivilege)
            {
                SqlLog.UpkeepPutOff(logger, change.Action, change.Table, SqlErrors.Describe(e));
                return 0;
            }
        }
    }

    private DateOnly Today() => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    private async Task<List<string>> TablesAsync(CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("""
            select c.oid::regclass::text
            from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
            where c.relnamespace = to_regnamespace('otel')
            order by c.relname
            """);
        var tables = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            tables.Add(reader.GetString(0));
        return tables;
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A change of a table: a function that returns how much it changed, the table its first argument.</summary>
    private sealed record Change(string Action, string Table, string Detail, string Sql, params object[] Arguments);
}
