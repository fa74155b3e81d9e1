using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Sql.Copy;

/// <summary>Rows of one service that are to be stored together with the ledger's word that they are. One aggregator has one request under way at a time.</summary>
public sealed class FlushRequest
{
    /// <summary>The service: first part of the ledger's key.</summary>
    public required string ServiceName { get; init; }

    /// <summary>What becomes durable with the rows: at least one, each topic-partition once. Moves without rows are fine.</summary>
    public required IReadOnlyList<LedgerMove> Moves { get; init; }

    /// <summary>Rows of data tables. Their bytes belong to the writer until the request is answered.</summary>
    public IReadOnlyList<CopyBlock> Blocks { get; init; } = [];

    /// <summary>Rows of dimension tables that the rows refer to. Written first, in a transaction of their own: writing one twice does no harm.</summary>
    public IReadOnlyList<CopyBlock> Dimensions { get; init; } = [];
}

/// <summary>A step of the ledger: everything of the service in a topic-partition before <paramref name="NextOffset"/> becomes durable.</summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="ExpectedNextOffset">What the ledger must hold now; null: it must hold no row yet. If it holds something else, somebody else wrote.</param>
/// <param name="NextOffset">The first offset that is not durable afterwards.</param>
/// <param name="Records">The records in between that have rows of the service, for the audit. Not to be changed until the request is answered.</param>
public readonly record struct LedgerMove(string Topic, int Partition, long? ExpectedNextOffset, long NextOffset, MoveRecords? Records = null);

/// <summary>Rows of one table as <c>COPY … (FORMAT BINARY)</c> takes them between its header and its trailer.</summary>
/// <param name="Layout">Id of a <see cref="CopyLayout"/>.</param>
/// <param name="Bytes">The rows.</param>
/// <param name="Rows">Number of rows. Checked.</param>
public readonly record struct CopyBlock(short Layout, ReadOnlyMemory<byte> Bytes, int Rows)
{
    /// <summary>
    /// Some of the rows, over the same memory: to take a refused row out (what is before it, what is after it) or to halve. Throws if there are not as many rows.
    /// </summary>
    public CopyBlock Slice(int firstRow, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        var start = CopyRows.LengthOf(Bytes.Span, firstRow);
        return new(Layout, Bytes.Slice(start, CopyRows.LengthOf(Bytes.Span[start..], rows)), rows);
    }
}
