using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Aggregation;

/// <summary>Rows of one table of one batch, and which records they are of.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Table">The table of the batch.</param>
/// <param name="FirstRecord">The batch is taken from this record on.</param>
/// <param name="Skipped">Rows of the table from that record on that come before these.</param>
/// <param name="Rows">The rows.</param>
internal sealed record BufferedRows(RowBatch Batch, TableRows Table, int FirstRecord, int Skipped, CopyBlock Rows)
{
    /// <summary>What comes before the row and what comes after it.</summary>
    public IEnumerable<BufferedRows> Without(int row) =>
    [
        this with { Rows = Rows.Slice(0, row) },
        this with { Rows = Rows.Slice(row + 1, Rows.Rows - row - 1), Skipped = Skipped + row + 1 },
    ];

    /// <summary>A dead letter in place of the row.</summary>
    public BufferedRows DeadLetter(int row, string serviceName, string? sqlState, string error)
    {
        using var rows = new CopyRowBuffer();
        new DeadLetterRow(
                Batch.Topic, Batch.Partition, OffsetOf(row), ItemIndex: null, TimestampUnixMs: null, SignalOf(Table.Layout), DeadLetterReason.RefusedByPostgres, sqlState, error, serviceName,
                RowLayout: Table.Layout)
            .WriteTo(rows, Rows.Slice(row, 1).Bytes.Span);
        return this with { Rows = new CopyBlock(CopyLayouts.DeadLetters.Id, rows.Written.ToArray(), 1) };
    }

    /// <summary>The record that a row is of.</summary>
    public long OffsetOf(int row)
    {
        var record = FirstRecord;
        for (var left = Skipped + row; left >= Table.RecordRows[record]; record++)
        {
            left -= Table.RecordRows[record];
        }

        return Batch.Offsets[record];
    }

    private static Signal SignalOf(short layout) =>
        layout == CopyLayouts.Spans.Id ? Signal.Traces
        : layout == CopyLayouts.LogRecords.Id ? Signal.Logs
        : Signal.Metrics;
}
