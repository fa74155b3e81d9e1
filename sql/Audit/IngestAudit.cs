using System.Data;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Sql.Audit;

/// <summary>
/// Whether each record that was read is stored once, told from what the readers counted, what each flush said it stored, the ledger, and the rows that are there. Reads only,
/// in one transaction: silos may run meanwhile.
/// </summary>
public sealed class IngestAudit(PostgresDatabase database)
{
    /// <summary>The topics of which anything was read.</summary>
    public async Task<IReadOnlyList<string>> TopicsAsync(CancellationToken ct) =>
        [.. (await new PartitionProgress(database).LoadAllAsync(ct)).Select(p => p.Topic).Distinct()];

    /// <summary>Looks at everything in the scope. Reads the data tables once.</summary>
    public async Task<AuditReport> RunAsync(AuditScope scope, CancellationToken ct)
    {
        await using var connection = await database.Control.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var query = new AuditQuery(connection, scope, ct);
        var findings = new List<AuditFinding>();
        var notes = new List<string>();
        var ranges = await Conservation.CheckAsync(query, findings);
        await LedgerChains.CheckAsync(query, findings);
        await StoredRows.CheckAsync(query, findings, notes);
        await StoredLetters.CheckAsync(query, findings);
        var gaps = await query.ReadAsync(
            $"select topic, partition, from_offset, to_offset, reason from otel.offset_gaps where {AuditQuery.InScope} and {AuditQuery.Touched} order by topic, partition, from_offset",
            static r => new OffsetGap(r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.GetInt64(3), r.GetString(4)));
        return new(ranges, gaps, findings, notes);
    }
}
