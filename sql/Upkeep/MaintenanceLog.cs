using System.Diagnostics;
using System.Diagnostics.Metrics;
using Npgsql;

namespace OtelOrleans.Sql.Upkeep;

/// <summary>What upkeep did: rows of <c>otel.maintenance_log</c>, and a counter.</summary>
internal static class MaintenanceLog
{
    private static readonly Counter<long> Changes = new Meter(SqlTelemetry.MeterName)
        .CreateCounter<long>("otelorleans.upkeep.changes", "{change}", "Leaves made or dropped, rows folded, derived or deleted by upkeep, by action.");

    /// <summary>Counts what was done; what happens all the time is not written down.</summary>
    public static void Count(string action, long affected)
    {
        if (affected > 0)
            Changes.Add(affected, new KeyValuePair<string, object?>("action", action));
    }

    /// <summary>Writes down what was done, in the transaction that does it.</summary>
    public static Task<long> WriteAsync(NpgsqlConnection connection, string action, string table, string detail, long affected, long began, CancellationToken ct) =>
        WriteAsync(connection, action, table, detail, affected, began, entry: null, ct);

    /// <summary>The same for what takes several transactions: the first makes an entry, the others, given its number, bring it up to date.</summary>
    public static async Task<long> WriteAsync(NpgsqlConnection connection, string action, string table, string detail, long affected, long began, long? entry, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            entry is null
                ? "insert into otel.maintenance_log (action, table_name, detail, affected, seconds) values ($1, $2, $3, $4, $5) returning id"
                : "update otel.maintenance_log set action = $1, table_name = $2, detail = $3, affected = $4, seconds = $5 where id = $6 returning id",
            connection);
        command.Parameters.Add(new() { Value = action });
        command.Parameters.Add(new() { Value = table });
        command.Parameters.Add(new() { Value = detail });
        command.Parameters.Add(new() { Value = affected });
        command.Parameters.Add(new() { Value = Stopwatch.GetElapsedTime(began).TotalSeconds });
        if (entry is { } id)
            command.Parameters.Add(new() { Value = id });
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }
}
