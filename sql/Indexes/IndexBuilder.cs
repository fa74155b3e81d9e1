using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace OtelOrleans.Sql.Indexes;

/// <summary>
/// Makes and drops optional indexes while silos write. The index of the partitioned table is made first, empty: leaves that are made from then on have it by themselves. Then each leaf's is
/// built concurrently and attached. Whatever was interrupted goes on where it stood.
/// </summary>
public sealed class IndexBuilder(PostgresDatabase database)
{
    // Session-level advisory lock of everybody who makes or drops optional indexes: an invalid index may be one that somebody is just building.
    private const long LockKey = 0x4F54_454C_4F52_4C32;

    // In front of the index's name, as the comment on the index of the partitioned table: it tells people where it comes from, and us which ones are ours.
    private const string CommentPrefix = "otelorleans migrate --index ";

    private const int Tries = 60;

    /// <summary>Builds what is missing of an index, and tells of each leaf that is done. Throws what <see cref="SqlErrors.Describe"/> can explain, or an <see cref="IndexException"/>.</summary>
    public async Task CreateAsync(OptionalIndex index, Action<string> say, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(say);
        await using var alone = await OpenAloneAsync(ct);
        var connection = alone.Connection;
        if (index.Extension is { } extension)
            await UseExtensionAsync(connection, index, extension, ct);
        foreach (var (table, definition) in index.Tables)
        {
            var comment = (CommentPrefix + index.Name).Replace("'", "''", StringComparison.Ordinal);
            await ExecuteBrieflyAsync(connection, $"create index if not exists {index.On(table)} on only otel.{table} {definition}; comment on index otel.{index.On(table)} is '{comment}'", ct);
            foreach (var leaf in await LeavesWithoutAsync(connection, index, table, ct))
            {
                var clock = Stopwatch.StartNew();
                if (await BuildLeafAsync(connection, index, table, leaf, definition, ct))
                    say(string.Create(CultureInfo.InvariantCulture, $"{index.Name}: built on otel.{leaf} in {clock.Elapsed.TotalSeconds:F1} s"));
            }
        }
    }

    /// <summary>Drops an index, and what is left of an interrupted attempt to make it. Returns whether there was anything.</summary>
    public async Task<bool> DropAsync(OptionalIndex index, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(index);
        await using var alone = await OpenAloneAsync(ct);
        var connection = alone.Connection;
        var found = false;
        foreach (var (table, _) in index.Tables)
        {
            found |= await IsValidAsync(connection, index.On(table), ct) is not null;
            await ExecuteBrieflyAsync(connection, $"drop index if exists otel.{index.On(table)}", ct);
            foreach (var leaf in await LeavesWithoutAsync(connection, index, table, ct))
            {
                found |= await IsValidAsync(connection, index.On(leaf), ct) is not null;
                await ExecuteAsync(connection, $"drop index concurrently if exists otel.{index.On(leaf)}", ct);
            }
        }

        return found;
    }

    /// <summary>The optional indexes that are there, a row for each of their tables.</summary>
    public async Task<IReadOnlyList<IndexState>> ListAsync(CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("""
            select substr(obj_description(c.oid, 'pg_class'), length($1) + 1), t.relname::text,
                   (select count(*) from pg_inherits l join pg_index li on li.indexrelid = l.inhrelid where l.inhparent = c.oid and li.indisvalid)::integer,
                   (select count(*) from pg_inherits l where l.inhparent = t.oid)::integer,
                   (select coalesce(sum(pg_relation_size(l.inhrelid)), 0) from pg_inherits l where l.inhparent = c.oid)::bigint
            from pg_class c join pg_index i on i.indexrelid = c.oid join pg_class t on t.oid = i.indrelid
            where c.relkind = 'I' and c.relnamespace = to_regnamespace('otel') and starts_with(obj_description(c.oid, 'pg_class'), $1)
            order by 1, 2
            """);
        command.Parameters.Add(new() { Value = CommentPrefix });
        var states = new List<IndexState>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            states.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetInt64(4)));
        return states;
    }

    /// <summary>Builds the index of a leaf and attaches it; false if the leaf is gone: retention goes on meanwhile.</summary>
    private static async Task<bool> BuildLeafAsync(NpgsqlConnection connection, OptionalIndex index, string table, string leaf, string definition, CancellationToken ct)
    {
        try
        {
            var isValid = await IsValidAsync(connection, index.On(leaf), ct);
            if (isValid == false)
                await ExecuteAsync(connection, $"drop index concurrently if exists otel.{index.On(leaf)}", ct);
            if (isValid != true)
                await ExecuteAsync(connection, $"create index concurrently {index.On(leaf)} on otel.{leaf} {definition}", ct);
            await ExecuteBrieflyAsync(connection, $"alter index otel.{index.On(table)} attach partition otel.{index.On(leaf)}", ct);
            // Without statistics of an expression the planner guesses.
            await ExecuteAsync(connection, $"analyze otel.{leaf}", ct);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            await using var command = new NpgsqlCommand("select to_regclass($1) is null", connection) { Parameters = { new() { Value = $"otel.{leaf}" } } };
            if (await command.ExecuteScalarAsync(ct) is true)
                return false;
            throw;
        }
    }

    private async Task<Alone> OpenAloneAsync(CancellationToken ct)
    {
        var connection = await database.Control.OpenConnectionAsync(ct);
        try
        {
            // Not the variant that waits: whoever waits holds a snapshot, and building concurrently waits for all snapshots.
            await using var command = new NpgsqlCommand($"select pg_try_advisory_lock({LockKey})", connection);
            return await command.ExecuteScalarAsync(ct) is true
                ? new Alone(connection)
                : throw new IndexException($"Somebody else makes or drops indexes in {database.Address}: wait until that has ended, and run it again");
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task UseExtensionAsync(NpgsqlConnection connection, OptionalIndex index, string extension, CancellationToken ct)
    {
        await using var find = new NpgsqlCommand("select extnamespace::regnamespace::text from pg_extension where extname = $1", connection) { Parameters = { new() { Value = extension } } };
        if (await find.ExecuteScalarAsync(ct) is null)
        {
            try
            {
                await ExecuteAsync(connection, $"create extension {extension}", ct);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.FeatureNotSupported or PostgresErrorCodes.UndefinedFile)
            {
                throw new IndexException($"{index.Name} needs the extension {extension}, which this server does not have: install the contrib modules of PostgreSQL there ({e.MessageText})", e);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName)
            {
                throw new IndexException($"{index.Name} needs the extension {extension}: let the owner of the database run `create extension {extension}` in it, and run this again ({e.MessageText})", e);
            }
        }

        // Its operators may be in any schema.
        await ExecuteAsync(connection, $"set search_path = pg_catalog, {await find.ExecuteScalarAsync(ct)}", ct);
    }

    private static async Task<List<string>> LeavesWithoutAsync(NpgsqlConnection connection, OptionalIndex index, string table, CancellationToken ct)
    {
        // The newest first: they are looked at most.
        await using var command = new NpgsqlCommand(
            """
            select c.relname::text
            from pg_inherits l join pg_class c on c.oid = l.inhrelid
            where l.inhparent = $1::text::regclass and not exists (
                select from pg_index i join pg_inherits a on a.inhrelid = i.indexrelid where i.indrelid = l.inhrelid and a.inhparent = to_regclass($2))
            order by c.relname desc
            """,
            connection)
        { Parameters = { new() { Value = $"otel.{table}" }, new() { Value = $"otel.{index.On(table)}" } } };
        var leaves = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            leaves.Add(reader.GetString(0));
        return leaves;
    }

    /// <summary>Whether an index can be used: false is one whose building was interrupted; null if there is none.</summary>
    private static async Task<bool?> IsValidAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select indisvalid from pg_index where indexrelid = to_regclass($1)", connection) { Parameters = { new() { Value = $"otel.{name}" } } };
        return (bool?)await command.ExecuteScalarAsync(ct);
    }

    /// <summary>What needs a lock that writers stand in the way of, for a moment: gives up soon, so that nobody queues up behind it, and tries again.</summary>
    private static async Task ExecuteBrieflyAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(ct);
                await ExecuteAsync(connection, $"set local lock_timeout = '1s'; {sql}", ct);
                await transaction.CommitAsync(ct);
                return;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected && attempt < Tries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(100, 500)), ct);
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A session that nobody else builds beside. The pool would go on holding the lock, and the search path, until it has use for the connection again.</summary>
    private sealed class Alone(NpgsqlConnection connection) : IAsyncDisposable
    {
        public NpgsqlConnection Connection => connection;

        public async ValueTask DisposeAsync()
        {
            // If the connection is lost, so is the lock.
            if (connection.FullState == System.Data.ConnectionState.Open)
                await ExecuteAsync(connection, $"reset search_path; select pg_advisory_unlock({LockKey})", CancellationToken.None);
            await connection.DisposeAsync();
        }
    }
}
