using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// The rows that one chunk has for one service. Written record by record: what a record wrote is kept by <see cref="CommitRecord"/> or forgotten by <see cref="RollbackRecord"/>.
/// </summary>
internal sealed class ServiceRows(TimeProvider time, RowArrayPool arrays)
{
    private readonly TableRowsBuilder[] _tables = [.. CopyLayouts.All.Where(l => l.Role == CopyRole.Data).OrderBy(l => l.Id).Select(l => new TableRowsBuilder(l, arrays))];
    private readonly HashSet<Dimension> _referred = [];
    private readonly List<Dimension> _dimensions = [];
    private readonly List<long> _offsets = [];
    private int _committedDimensions;

    /// <summary>The service.</summary>
    public string ServiceName { get; private set; } = "";

    /// <summary>The record that wrote last; to see whether this one has written before.</summary>
    public long RecordOffset { get; set; }

    /// <summary>Whether there are rows.</summary>
    public bool IsEmpty => _offsets.Count == 0;

    /// <summary>Begins a chunk.</summary>
    public void Begin(string serviceName)
    {
        ServiceName = serviceName;
        RecordOffset = RowBatch.NoOffset;
    }

    /// <summary>Where rows of a table go.</summary>
    public CopyRowBuffer Table(CopyLayout layout) => _tables[layout.Id - 1].Buffer;

    /// <summary>Rows of this record refer to a dimension: it goes with the batch unless it is known to be stored.</summary>
    public void Refer(Dimension dimension)
    {
        if (_referred.Add(dimension) && dimension.MustBeSent(time))
        {
            _dimensions.Add(dimension);
        }
    }

    /// <summary>Keeps what the record wrote. Returns its bytes.</summary>
    public int CommitRecord(long offset)
    {
        var bytes = 0;
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
        _committedDimensions = _dimensions.Count;
        foreach (var table in _tables)
        {
            table.CommitRecord();
        }

        return bytes;
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
        return new(ServiceName, new(topic, partition, RowBatch.NoOffset, [.. _offsets], tables, DimensionRowsOf(dimensions)), dimensions);
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
        _committedDimensions = 0;
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
