using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace OtelOrleans.Sql.Upkeep;

/// <summary>
/// Deletes rows of services that are kept for less time than the rest. As with leaves, a day goes once all of it is too old; a leaf is gone through only if it has such rows.
/// </summary>
public sealed class ServiceRetention(PostgresDatabase database, TimeProvider time)
{
    /// <summary>8 MiB of a leaf, some 15,000 spans: what one transaction looks at, so that none takes long, and no row is looked at twice.</summary>
    private const int BlocksAtOnce = 1_000;

    private const string Action = "delete_service_rows";

    /// <summary>Deletes what the options allow, and returns how many rows. What was interrupted goes on at the next call.</summary>
    public async Task<long> DeleteAsync(RetentionOptions retention, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(retention);
        if (retention.Services.Count == 0)
            return 0;
        long deleted = 0;
        foreach (var (table, leaf, day) in await LeavesAsync(ct))
        {
            var services = retention.OfServices(table).Select(s => (s.Service, KeptFrom: KeptFrom(s.Age))).Where(s => day is null || day < s.KeptFrom).ToList();
            if (services.Count > 0)
                deleted += await DeleteAsync(table, leaf, [.. services.Select(s => s.Service)], [.. services.Select(s => s.KeptFrom)], ct);
        }

        return deleted;
    }

    private async Task<long> DeleteAsync(string table, string leaf, string[] services, DateTime[] keptFrom, CancellationToken ct)
    {
        await using var connection = await database.Control.OpenConnectionAsync(ct);
        await using (var look = Command(connection, "select otel.has_rows_of_services($1::text::regclass, $2, $3)", leaf, services, keptFrom))
        {
            if (await look.ExecuteScalarAsync(ct) is false)
                return 0;
        }

        await using var size = new NpgsqlCommand("select pg_relation_size($1::text::regclass) / current_setting('block_size')::bigint", connection) { Parameters = { new() { Value = leaf } } };
        var blocks = (long)(await size.ExecuteScalarAsync(ct))!;
        var began = Stopwatch.GetTimestamp();
        long deleted = 0;
        long? entry = null;
        for (long block = 0; block < blocks; block += BlocksAtOnce)
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            // Only who drops or makes leaves stands in the way: what is too old can wait.
            await using (var timeout = new NpgsqlCommand("set local lock_timeout = '1s'", connection))
                await timeout.ExecuteNonQueryAsync(ct);
            await using var delete = Command(connection, "select otel.delete_rows_of_services($1::text::regclass, $2, $3, $4, $5)", leaf, services, keptFrom);
            delete.Parameters.Add(new() { Value = block });
            delete.Parameters.Add(new() { Value = BlocksAtOnce });
            var rows = (long)(await delete.ExecuteScalarAsync(ct))!;
            if (rows > 0)
            {
                deleted += rows;
                entry = await MaintenanceLog.WriteAsync(connection, Action, $"otel.{table}", $"{string.Join(", ", services)} from {leaf}", deleted, began, entry, ct);
            }

            await transaction.CommitAsync(ct);
            MaintenanceLog.Count(Action, rows);
        }

        return deleted;
    }

    /// <summary>The first day that is kept.</summary>
    private DateTime KeptFrom(TimeSpan age) => DateTime.SpecifyKind((time.GetUtcNow().UtcDateTime - age).Date, DateTimeKind.Utc);

    /// <summary>The leaves with rows of services, the oldest first, each with its day; a default leaf has none.</summary>
    private async Task<List<(string Table, string Leaf, DateTime? Day)>> LeavesAsync(CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("""
            select p.relname::text, l.oid::regclass::text, case when l.relname ~ '_[0-9]{8}$' then to_date(right(l.relname, 8), 'YYYYMMDD')::timestamp end
            from pg_class p join pg_inherits i on i.inhparent = p.oid join pg_class l on l.oid = i.inhrelid
            where p.relkind = 'p' and p.relnamespace = to_regnamespace('otel')
            order by 3, l.relname
            """);
        var leaves = new List<(string, string, DateTime?)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            leaves.Add((reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetDateTime(2)));
        return leaves;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, string leaf, string[] services, DateTime[] keptFrom) => new(sql, connection)
    {
        Parameters =
        {
            new() { Value = leaf },
            new() { Value = services, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            new() { Value = keptFrom, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
        },
    };
}
