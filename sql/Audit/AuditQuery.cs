using Npgsql;
using NpgsqlTypes;

namespace OtelOrleans.Sql.Audit;

/// <summary>Runs the statements of the audit, all in one transaction that sees one moment.</summary>
internal sealed class AuditQuery(NpgsqlConnection connection, AuditScope scope, CancellationToken ct)
{
    /// <summary>Condition on <c>topic</c> and <c>partition</c> of the scope, as <c>$1</c> and <c>$2</c>.</summary>
    public const string InScope = "($1::text is null or topic = $1) and ($2::integer is null or partition = $2)";

    /// <summary>Condition that <c>[from_offset, to_offset)</c> touches the scope, as <c>$3</c> and <c>$4</c>.</summary>
    public const string Touched = "($3::bigint is null or to_offset > $3) and ($4::bigint is null or from_offset < $4)";

    public AuditScope Scope => scope;

    /// <summary>Reads what a statement gives; its first four parameters are the scope.</summary>
    public async Task<List<T>> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params NpgsqlParameter[] more)
    {
        // Counting the rows of large tables takes its time.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = (object?)scope.Topic ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)scope.Partition ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = (object?)scope.From ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = (object?)scope.To ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        foreach (var parameter in more)
            command.Parameters.Add(parameter);
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(read(reader));
        return rows;
    }
}
