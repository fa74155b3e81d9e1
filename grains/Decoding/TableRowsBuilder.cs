using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>The rows that one chunk has for one table and service.</summary>
internal sealed class TableRowsBuilder(CopyLayout layout, RowArrayPool arrays)
{
    private readonly List<int> _recordEnds = [];
    private readonly List<int> _recordRows = [];
    private CopyRowBuffer.Mark _committed;

    /// <summary>The rows.</summary>
    public CopyRowBuffer Buffer { get; } = new(arrays);

    /// <summary>The table.</summary>
    public short Layout => layout.Id;

    /// <summary>Bytes that the current record has written here.</summary>
    public int UncommittedBytes => Buffer.Length - _committed.Length;

    /// <summary>The rows among it.</summary>
    public int UncommittedRows => Buffer.Rows - _committed.Rows;

    /// <summary>Keeps what the record wrote, be it nothing.</summary>
    public void CommitRecord()
    {
        _recordEnds.Add(Buffer.Length);
        _recordRows.Add(UncommittedRows);
        _committed = Buffer.CurrentMark;
    }

    /// <summary>Forgets what the record wrote.</summary>
    public void RollbackRecord() => Buffer.TruncateTo(_committed);

    /// <summary>Hands out the rows: what it returns has nothing to do with this any more.</summary>
    public TableRows TakeRows()
    {
        var (array, length) = Buffer.Detach();
        return new(layout.Id, new(array, length), [.. _recordEnds], [.. _recordRows]);
    }

    /// <summary>Ready for the next chunk.</summary>
    public void Clear()
    {
        _recordEnds.Clear();
        _recordRows.Clear();
        _committed = default;
        Buffer.Clear();
    }
}
