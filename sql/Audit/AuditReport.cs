using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Sql.Audit;

/// <summary>A row of the view <c>otel.ingest_audit</c>, or several of one partition added up; its comments say what the numbers are.</summary>
public sealed record AuditRange(
    string Topic,
    int Partition,
    long From,
    long To,
    long RecordsRead,
    long RecordsEmpty,
    long RecordsStored,
    long RecordsDeadLettered,
    long RowsDecoded,
    long RowsStored,
    long DeadLetters,
    bool Holds);

/// <summary>Something that should not be.</summary>
/// <param name="Where">What it is about, as <c>topic/partition [from, to)</c>; or a table, where rows cannot be told to be of a record.</param>
/// <param name="What">What is wrong, for a person.</param>
public readonly record struct AuditFinding(string Where, string What)
{
    internal static string Range(string topic, int partition, long from, long to) => $"{topic}/{partition} [{from}, {to})";
}

/// <summary>What the audit saw, all of it at one moment.</summary>
/// <param name="Ranges">Conservation, range by range, ordered by topic, partition and offset.</param>
/// <param name="Gaps">Records that Kafka no longer had when they were to be read.</param>
/// <param name="Findings">What does not hold; empty if all does.</param>
/// <param name="Notes">What could not be looked at, and why.</param>
public sealed record AuditReport(IReadOnlyList<AuditRange> Ranges, IReadOnlyList<OffsetGap> Gaps, IReadOnlyList<AuditFinding> Findings, IReadOnlyList<string> Notes);
