using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace OtelOrleans.Sql;

/// <summary>Keeps daily partitions (UTC) made ahead of time. Missing ones lose nothing: their rows go to the default leaf, and move when the leaf is made.</summary>
public sealed class PartitionKeeper(PostgresDatabase database, TimeProvider time, ILogger<PartitionKeeper> logger)
{
    /// <summary>Days made ahead. Three: a failure on a Friday night is noticed on Monday.</summary>
    public const int DaysAhead = 3;

    // Long enough for the writers' transactions to pass, short enough for nobody to notice the queue behind us.
    private const string LockTimeout = "set local lock_timeout = '1s'";
    private const int Tries = 5;

    /// <summary>
    /// Makes the leaves from yesterday to <see cref="DaysAhead"/> days ahead that are missing, and returns how many it made. What cannot be made now (somebody holds a lock, the
    /// role may not) is logged and left to the next call. Throws where the database cannot be reached.
    /// </summary>
    public async Task<int> EnsureAheadAsync(CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var made = 0;
        foreach (var table in await TablesAsync(ct))
            made += await EnsureAsync(table, today.AddDays(-1), today.AddDays(DaysAhead), ct);
        return made;
    }

    /// <summary>Drops the leaves of all tables that hold only days before <paramref name="firstKept"/>, and returns how many. What cannot be dropped now is logged.</summary>
    public async Task<int> DropBeforeAsync(DateOnly firstKept, CancellationToken ct)
    {
        var dropped = 0;
        foreach (var table in await TablesAsync(ct))
            dropped += await TryAsync(table, "select otel.drop_partitions_before($1::text::regclass, $2)", [firstKept], ct);
        return dropped;
    }

    private async Task<int> EnsureAsync(string table, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var made = await TryAsync(table, "select otel.ensure_partitions($1::text::regclass, $2, $3)", [from, to], ct);
        if (made > 0)
            SqlLog.PartitionsMade(logger, made, table, to);
        return made;
    }

    private async Task<int> TryAsync(string table, string sql, DateOnly[] days, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await database.Control.OpenConnectionAsync(ct);
                await using var transaction = await connection.BeginTransactionAsync(ct);
                await using (var timeout = new NpgsqlCommand(LockTimeout, connection))
                    await timeout.ExecuteNonQueryAsync(ct);
                await using var command = new NpgsqlCommand(sql, connection);
                command.Parameters.Add(new() { Value = table });
                foreach (var day in days)
                    command.Parameters.Add(new() { Value = day, NpgsqlDbType = NpgsqlDbType.Date });
                var changed = (int)(await command.ExecuteScalarAsync(ct))!;
                await transaction.CommitAsync(ct);
                return changed;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected && attempt < Tries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(100, 500)), time, ct);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.InsufficientPrivilege)
            {
                SqlLog.PartitionsMissing(logger, table, SqlErrors.Describe(e));
                return 0;
            }
        }
    }

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
}
