using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// The rows that one chunk has for one service. Written record by record: what a record wrote is kept by <see cref="CommitRecord"/> or forgotten by <see cref="RollbackRecord"/>.
/// </summary>
internal sealed class ServiceRows(ChunkRows chunk, TimeProvider time)
{
    // The tables that were written to, and at the number of each, less one, its rows. Most services have one signal, and a payload may name very many services.
    private readonly TableRowsBuilder?[] _byLayout = new TableRowsBuilder?[CopyLayouts.All.Count(l => l.Role == CopyRole.Data)];
    private readonly List<TableRowsBuilder> _tables = [];
    private readonly HashSet<Dimension> _referred = [];
    private readonly List<Dimension> _dimensions = [];
    private readonly List<long> _offsets = [];
    private readonly List<int> _decodedRows = [];
    private bool _isShared;
    private int _committedDimensions;
    private long _dimensionBytes;

    /// <summary>The service.</summary>
    public string ServiceName { get; private set; } = "";

    /// <summary>The record that wrote last; to see whether this one has written before.</summary>
    public long RecordOffset { get; set; }

    /// <summary>Whether there are rows.</summary>
    public bool IsEmpty => _offsets.Count == 0;

    /// <summary>What is cut off.</summary>
    public ValueLimits Limits => chunk.Limits;

    /// <summary>What the buffers take.</summary>
    public long BufferBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var table in _tables)
            {
                bytes += table.Buffer.Capacity;
            }

            return bytes;
        }
    }

    /// <summary>Begins a chunk.</summary>
    public void Begin(string serviceName)
    {
        ServiceName = serviceName;
        RecordOffset = RowBatch.NoOffset;
    }

    /// <summary>A data point or exemplar of the record comes.</summary>
    /// <exception cref="RefusedPayloadException">It is one too many.</exception>
    public void CountItem() => chunk.CountItem();

    /// <summary>Where the next row of a table goes.</summary>
    /// <exception cref="RefusedPayloadException">The record has too much of that table already.</exception>
    public CopyRowBuffer Table(CopyLayout layout)
    {
        var table = _byLayout[layout.Id - 1] ?? Add(layout);
        if (table.UncommittedBytes > chunk.MaxRowBytes)
        {
            chunk.ThrowTooLarge();
        }

        return table.Buffer;
    }

    /// <summary>Rows of this record refer to a dimension: it goes with the batch unless it is known to be stored.</summary>
    public void Refer(Dimension dimension)
    {
        if (_referred.Add(dimension) && dimension.MustBeSent(time))
        {
            _dimensions.Add(dimension);
            if ((_dimensionBytes += dimension.Row.Length) > chunk.MaxRowBytes)
            {
                chunk.ThrowTooLarge();
            }
        }
    }

    /// <summary>Rows that the current record has written.</summary>
    public int UncommittedRows
    {
        get
        {
            var rows = 0;
            foreach (var table in _tables)
            {
                rows += table.UncommittedRows;
            }

            return rows;
        }
    }

    /// <summary>Keeps what the record wrote. Returns its bytes.</summary>
    /// <param name="offset">The record.</param>
    /// <param name="decodedRows">The rows that it wrote for all services.</param>
    public long CommitRecord(long offset, int decodedRows)
    {
        var bytes = 0L;
        foreach (var table in _tables)
        {
            bytes += table.UncommittedBytes;
        }

        if (bytes == 0)
        {
            RollbackRecord();
            return 0;
        }

        _offsets.Add(offset);
        _decodedRows.Add(decodedRows);
        _isShared |= UncommittedRows != decodedRows;
        _committedDimensions = _dimensions.Count;
        var dimensionBytes = _dimensionBytes;
        _dimensionBytes = 0;
        foreach (var table in _tables)
        {
            table.CommitRecord();
        }

        return bytes + dimensionBytes;
    }

    /// <summary>Forgets what the record wrote.</summary>
    public void RollbackRecord()
    {
        foreach (var table in _tables)
        {
            table.RollbackRecord();
        }

        for (var i = _committedDimensions; i < _dimensions.Count; i++)
        {
            _referred.Remove(_dimensions[i]);
        }

        _dimensions.RemoveRange(_committedDimensions, _dimensions.Count - _committedDimensions);
        _dimensionBytes = 0;
    }

    /// <summary>Hands out the batch: it has nothing to do with this any more.</summary>
    public DecodedBatch TakeBatch(string topic, int partition)
    {
        var used = 0;
        foreach (var table in _tables)
        {
            used += table.Buffer.Rows > 0 ? 1 : 0;
            DecodeMetrics.Lossless(table.Buffer.LossyRows);
        }

        var tables = new TableRows[used];
        used = 0;
        foreach (var table in _tables)
        {
            if (table.Buffer.Rows > 0)
            {
                tables[used++] = table.TakeRows();
            }
        }

        var dimensions = _dimensions.Count == 0 ? [] : _dimensions.ToArray();
        return new(ServiceName, new(topic, partition, RowBatch.NoOffset, [.. _offsets], tables, DimensionRowsOf(dimensions), _isShared ? [.. _decodedRows] : null), dimensions);
    }

    /// <summary>Ready for the next chunk.</summary>
    public void Clear()
    {
        foreach (var table in _tables)
        {
            table.Clear();
        }

        _referred.Clear();
        _dimensions.Clear();
        _offsets.Clear();
        _decodedRows.Clear();
        _isShared = false;
        _committedDimensions = 0;
        _dimensionBytes = 0;
    }

    /// <summary>Gives the buffers back.</summary>
    public void Release()
    {
        foreach (var table in _tables)
        {
            table.Buffer.Dispose();
        }
    }

    private TableRowsBuilder Add(CopyLayout layout)
    {
        // A table that comes later than others has the records that they have, with nothing in them.
        var table = new TableRowsBuilder(layout, chunk.Arrays);
        foreach (var _ in _offsets)
        {
            table.CommitRecord();
        }

        _byLayout[layout.Id - 1] = table;
        _tables.Insert(_tables.TakeWhile(t => t.Layout < layout.Id).Count(), table);
        return table;
    }

    // Sorts by table and id: the order in which a transaction wants them.
    private static DimensionRows[] DimensionRowsOf(Dimension[] dimensions)
    {
        if (dimensions.Length == 0)
        {
            return [];
        }

        Array.Sort(dimensions, static (x, y) => (x.Layout, x.Id).CompareTo((y.Layout, y.Id)));
        List<DimensionRows> rows = [];
        for (var start = 0; start < dimensions.Length;)
        {
            var layout = dimensions[start].Layout;
            var end = start;
            var length = 0;
            while (end < dimensions.Length && dimensions[end].Layout == layout)
            {
                length += dimensions[end++].Row.Length;
            }

            var bytes = new byte[length];
            var at = 0;
            foreach (var dimension in dimensions.AsSpan(start..end))
            {
                dimension.Row.CopyTo(bytes, at);
                at += dimension.Row.Length;
            }

            rows.Add(new(layout, bytes, end - start));
            start = end;
        }

        return [.. rows];
    }
}
