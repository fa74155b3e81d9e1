using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace OtelOrleans.Sql.Ledger;

/// <summary>Records that Kafka no longer had when their turn came.</summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="FromOffset">The first missing offset.</param>
/// <param name="ToOffset">The first offset that is there again.</param>
/// <param name="Reason">Why, for a person: retention, a recreated topic …</param>
public readonly record struct OffsetGap(string Topic, int Partition, long FromOffset, long ToOffset, string Reason);

/// <summary>The list of what was lost before it reached us. Never skip silently.</summary>
public sealed class OffsetGaps(PostgresDatabase database, ILogger<OffsetGaps> logger)
{
    private static readonly Counter<long> LostRecords = new Meter(SqlTelemetry.MeterName)
        .CreateCounter<long>("otelorleans.offset_gaps.records", "{record}", "Records that Kafka no longer had when their turn came, by topic.");

    /// <summary>Writes a gap down, and logs it as an error the first time. True if it was not known: sessions that begin again meet the same gap again.</summary>
    public async Task<bool> RecordAsync(OffsetGap gap, CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("""
            insert into otel.offset_gaps (topic, partition, from_offset, to_offset, reason) values ($1, $2, $3, $4, $5)
            on conflict on constraint offset_gaps_once do nothing
            """);
        command.Parameters.Add(new() { Value = gap.Topic });
        command.Parameters.Add(new() { Value = gap.Partition });
        command.Parameters.Add(new() { Value = gap.FromOffset });
        command.Parameters.Add(new() { Value = gap.ToOffset });
        command.Parameters.Add(new() { Value = gap.Reason });
        var isNew = await command.ExecuteNonQueryAsync(ct) == 1;
        if (isNew)
        {
            SqlLog.OffsetGap(logger, gap.Topic, gap.Partition, gap.FromOffset, gap.ToOffset, gap.Reason);
            LostRecords.Add(gap.ToOffset - gap.FromOffset, new KeyValuePair<string, object?>("topic", gap.Topic));
        }

        return isNew;
    }
}
