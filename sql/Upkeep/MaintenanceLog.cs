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
    public static async Task WriteAsync(NpgsqlConnection connection, string action, string table, string detail, long affected, long began, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("insert into otel.maintenance_log (action, table_name, detail, affected, seconds) values ($1, $2, $3, $4, $5)", connection);
        command.Parameters.Add(new() { Value = action });
        command.Parameters.Add(new() { Value = table });
        command.Parameters.Add(new() { Value = detail });
        command.Parameters.Add(new() { Value = affected });
        command.Parameters.Add(new() { Value = Stopwatch.GetElapsedTime(began).TotalSeconds });
        await command.ExecuteNonQueryAsync(ct);
    }
}
