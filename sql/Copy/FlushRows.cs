using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Sql.Copy;

/// <summary>Encodes what the flushes of a transaction say of themselves: a row of <c>ingest_flushes</c> for each move of the ledger.</summary>
internal static class FlushRows
{
    private static readonly MoveRecords Nothing = new();

    public static void Write(CopyRowBuffer rows, IEnumerable<PendingFlush> group)
    {
        foreach (var flush in group)
        {
            foreach (var move in flush.Moves)
                Write(rows, flush.Request.ServiceName, move);
        }
    }

    private static void Write(CopyRowBuffer rows, string serviceName, LedgerMove move)
    {
        var records = move.Records ?? Nothing;
        rows.BeginRow(CopyLayouts.Flushes);
        if (move.ExpectedNextOffset is { } from)
            rows.WriteInt64(from);
        else
            rows.WriteNull();
        rows.WriteInt64(move.NextOffset);
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
