using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Grains.Aggregation;

/// <summary>What the rows of a batch are of, as their decoder said it: the audit holds it against the rows that are stored.</summary>
internal static class BatchRecords
{
    /// <summary>Adds the records of a batch, from one of them on.</summary>
    public static void AddRecordsTo(this RowBatch batch, MoveRecords records, int first = 0)
    {
        for (var record = first; record < batch.Offsets.Length; record++)
        {
            var rows = 0;
            foreach (var table in batch.Tables)
            {
                rows += table.RecordRows[record];
            }

            records.Add(batch.Offsets[record], rows, batch.DecodedRows?[record] ?? rows);
            foreach (var table in batch.Tables)
            {
                records.AddRows(table.Layout, table.RecordRows[record]);
            }
        }
    }
}
