namespace OtelOrleans.Sql.Copy;

/// <summary>What a table is to the writer.</summary>
public enum CopyRole : byte
{
    /// <summary>Rows are appended by COPY in the transaction of their flush.</summary>
    Data = 1,

    /// <summary>Rows are known by a content-hash id, their first column; they are upserted before the flush that needs them.</summary>
    Dimension = 2,

    /// <summary>What a flush says of itself, a row for each move of the ledger; written by the writer, in the transaction of the flush.</summary>
    Flush = 3,
}

/// <summary>A column of a layout: its name and its type as <c>pg_catalog.format_type</c> spells it.</summary>
public readonly record struct CopyColumn(string Name, string Type);

/// <summary>
/// A table and the columns that encoded rows fill, in order. The id travels with the rows from silo to silo, so that silos of different versions understand each other:
/// a changed column list is a new layout with a new id.
/// </summary>
public sealed class CopyLayout
{
    internal CopyLayout(short id, CopyRole role, string table, params CopyColumn[] columns)
    {
        Id = id;
        Role = role;
        Table = table;
        Columns = columns;
        ColumnList = string.Join(", ", columns.Select(c => $"\"{c.Name}\""));
    }

    /// <summary>Never reused for anything else.</summary>
    public short Id { get; }

    /// <summary>How rows of this layout are written.</summary>
    public CopyRole Role { get; }

    /// <summary>Table name within the schema <c>otel</c>.</summary>
    public string Table { get; }

    /// <summary>The columns of a row, in the order in which they are encoded.</summary>
    public IReadOnlyList<CopyColumn> Columns { get; }

    /// <summary>The quoted column names, parted by commas.</summary>
    public string ColumnList { get; }

    /// <summary>Number of columns: the first two bytes of every row.</summary>
    public short ColumnCount => (short)Columns.Count;
}
