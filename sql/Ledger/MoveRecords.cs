using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Sql.Ledger;

/// <summary>The records that a move of the ledger passes over, and how many rows each became: what the flush says for the audit.</summary>
public sealed class MoveRecords
{
    private readonly List<long> _offsets = [];
    private readonly List<int> _rows = [];
    private readonly List<int> _decodedRows = [];
    private readonly List<int> _letters = [];
    private readonly SortedList<short, int> _tables = [];
    private bool _isShared;
    private bool _hasLetters;

    /// <summary>The next record.</summary>
    /// <param name="offset">Kafka offset, greater than the one before.</param>
    /// <param name="rows">Its rows in this flush, dead letters included.</param>
    /// <param name="decodedRows">Its rows of all services.</param>
    public void Add(long offset, int rows, int decodedRows)
    {
        _offsets.Add(offset);
        _rows.Add(rows);
        _decodedRows.Add(decodedRows);
        _letters.Add(0);
        _isShared |= rows != decodedRows;
    }

    /// <summary>The last record that was added has rows in a table.</summary>
    public void AddRows(short layout, int rows)
    {
        if (rows == 0)
        {
            return;
        }

        _tables[layout] = RowsOf(layout) + rows;
        if (layout == CopyLayouts.DeadLetters.Id)
        {
            _letters[^1] += rows;
            _hasLetters = true;
        }
    }

    /// <summary>A row of a record is refused by Postgres; a dead letter takes its place.</summary>
    public void Refused(long offset, short layout)
    {
        if (layout == CopyLayouts.DeadLetters.Id)
        {
            return;
        }

        _tables[layout]--;
        _tables[CopyLayouts.DeadLetters.Id] = RowsOf(CopyLayouts.DeadLetters.Id) + 1;
        _letters[_offsets.BinarySearch(offset)]++;
        _hasLetters = true;
    }

    internal int RowsOf(short layout) => _tables.GetValueOrDefault(layout);

    /// <summary>Writes the last four columns of <see cref="CopyLayouts.Flushes"/>.</summary>
    internal void WriteTo(CopyRowBuffer rows)
    {
        rows.WriteInt64Array(_offsets);
        rows.WriteInt32Array(_rows);
        WriteIf(_isShared, _decodedRows);
        WriteIf(_hasLetters, _letters);

        void WriteIf(bool differs, List<int> values)
        {
            if (differs)
            {
                rows.WriteInt32Array(values);
            }
            else
            {
                rows.WriteNull();
            }
        }
    }
}
