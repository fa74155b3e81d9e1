using Npgsql;
using NpgsqlTypes;

namespace OtelOrleans.Sql.DeadLetters;

/// <summary>Reads dead letters, and closes those that a person gives up. They are stored by <see cref="Copy.CopyWriter"/>.</summary>
public sealed class DeadLetterStore(PostgresDatabase database)
{
    private const string Columns = """
        id, at, topic, partition, "offset", item_index, record_time, signal, reason, sqlstate, error, service_name, content_encoding, row_layout, length(payload), replayed_at, dropped_at
        """;

    private const string Filter = """
        (cardinality($1) = 0 or id = any($1)) and ($2::text is null or topic = $2) and ($3::text is null or reason = $3) and ($4::text is null or service_name = $4)
        and ($5::timestamptz is null or at >= $5) and ($6 or (replayed_at is null and dropped_at is null))
        """;

    /// <summary>The letters in order of id, at most <paramref name="limit"/>.</summary>
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(DeadLetterFilter filter, int limit, CancellationToken ct)
    {
        await using var command = Command($"select {Columns} from otel.dead_letters where {Filter} order by id limit $7", filter);
        command.Parameters.Add(new() { Value = limit });
        var letters = new List<DeadLetter>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            letters.Add(Read(reader));
        return letters;
    }

    /// <summary>How many there are, by reason.</summary>
    public async Task<IReadOnlyList<DeadLetterCount>> CountAsync(DeadLetterFilter filter, CancellationToken ct)
    {
        await using var command = Command(
            $"select reason, count(*), coalesce(sum(length(payload)), 0)::bigint, min(at), max(at) from otel.dead_letters where {Filter} group by reason order by count(*) desc, reason", filter);
        var counts = new List<DeadLetterCount>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            counts.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3), reader.GetFieldValue<DateTimeOffset>(4)));
        return counts;
    }

    /// <summary>One letter; null if there is none.</summary>
    public async Task<DeadLetter?> FindAsync(long id, CancellationToken ct) =>
        (await ListAsync(new DeadLetterFilter([id], IncludeClosed: true), 1, ct)) is [var letter] ? letter : null;

    /// <summary>The payload of a letter; null where it was dropped, or there is no such letter.</summary>
    public async Task<byte[]?> PayloadAsync(long id, CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("select payload from otel.dead_letters where id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(ct) as byte[];
    }

    /// <summary>Gives open letters up: their payloads are gone, that they were there stays for the audit. Returns how many.</summary>
    public async Task<int> DropAsync(DeadLetterFilter filter, CancellationToken ct)
    {
        await using var command = Command(
            $"update otel.dead_letters set dropped_at = now(), payload = null where {Filter} and replayed_at is null and dropped_at is null", filter);
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>An open letter was tried again and failed again: notes why.</summary>
    public async Task FailedAgainAsync(long id, string reason, string? sqlState, string error, CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand(
            "update otel.dead_letters set reason = $2, sqlstate = $3, error = $4 where id = $1 and replayed_at is null and dropped_at is null");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = reason });
        command.Parameters.Add(new() { Value = (object?)sqlState ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = error });
        await command.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlCommand Command(string sql, DeadLetterFilter filter)
    {
        var command = database.Control.CreateCommand(sql);
        command.Parameters.Add(new() { Value = (filter.Ids ?? []).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = (object?)filter.Topic ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)filter.Reason ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)filter.ServiceName ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)filter.Since?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = filter.IncludeClosed });
        return command;
    }

    private static DeadLetter Read(NpgsqlDataReader r) => new(
        r.GetInt64(0),
        r.GetFieldValue<DateTimeOffset>(1),
        r.GetString(2),
        r.GetInt32(3),
        r.GetInt64(4),
        r.IsDBNull(5) ? null : r.GetInt32(5),
        r.IsDBNull(6) ? null : r.GetFieldValue<DateTimeOffset>(6),
        r.GetString(7),
        r.GetString(8),
        Text(r, 9),
        Text(r, 10),
        Text(r, 11),
        Text(r, 12),
        r.IsDBNull(13) ? null : r.GetInt16(13),
        r.IsDBNull(14) ? null : r.GetInt32(14),
        r.IsDBNull(15) ? null : r.GetFieldValue<DateTimeOffset>(15),
        r.IsDBNull(16) ? null : r.GetFieldValue<DateTimeOffset>(16));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
