using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Sql.Copy;

/// <summary>Encodes what the flushes of a transaction say of themselves: a row of <c>ingest_flushes</c> for each move of the ledger.</summary>
internal static class FlushRows
{
    private static readonly MoveRecords Nothing = new();

    /// <summary>Appends the rows.</summary>
    /// <param name="rows">Rows of layout <see cref="CopyLayouts.Flushes"/>.</param>
    /// <param name="group">The flushes of the transaction.</param>
    /// <param name="movesLedger">False: rows of a dead letter are stored, and the ledger stays where it is.</param>
    public static void Write(CopyRowBuffer rows, IEnumerable<PendingFlush> group, bool movesLedger = true)
    {
        foreach (var flush in group)
        {
            foreach (var move in flush.Moves)
                Write(rows, flush.Request.ServiceName, move, movesLedger);
        }
    }

    private static void Write(CopyRowBuffer rows, string serviceName, LedgerMove move, bool movesLedger)
    {
        var records = move.Records ?? Nothing;
        rows.BeginRow(CopyLayouts.Flushes);
        if (movesLedger && move.ExpectedNextOffset is { } from)
            rows.WriteInt64(from);
        else
            rows.WriteNull();
        if (movesLedger)
            rows.WriteInt64(move.NextOffset);
        else
            rows.WriteNull();
        rows.WriteInt32(move.Partition);
        foreach (var layout in CopyLayouts.Data)
        {
            if (records.RowsOf(layout.Id) is var count and > 0)
                rows.WriteInt32(count);
            else
                rows.WriteNull();
        }

        rows.WriteText(serviceName);
        rows.WriteText(move.Topic);
        records.WriteTo(rows);
    }
}
