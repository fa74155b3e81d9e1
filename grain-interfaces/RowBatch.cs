namespace OtelOrleans.GrainInterfaces;

/// <summary>
/// Encoded rows of one service from one chunk of one topic-partition: what a decoder sends to an aggregator.
/// </summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="PreviousOffset">The last offset that the sending session sent to this aggregator before this batch; <see cref="NoOffset"/> for its first.
/// An aggregator that has not seen it answers <see cref="AppendStatus.Gap"/>.</param>
/// <param name="Offsets">Offsets of the records that hold rows of this service, ascending, at least one.</param>
/// <param name="Tables">Rows per table, in ascending order of <see cref="TableRows.Layout"/>.</param>
/// <param name="Dimensions">Dimension rows (resources, scopes, metric series, …) that the rows refer to and that the sender does not know to be stored.
/// They belong to the batch as a whole and are written, idempotently, before its rows.</param>
/// <param name="DecodedRows">For each record the number of its rows of all services: what the audit holds against what is stored. Null: the records have rows of this service only.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.RowBatch")]
public sealed record RowBatch(
    [property: Id(0)] string Topic,
    [property: Id(1)] int Partition,
    [property: Id(2)] long PreviousOffset,
    [property: Id(3)] long[] Offsets,
    [property: Id(4)] TableRows[] Tables,
    [property: Id(5)] DimensionRows[] Dimensions,
    [property: Id(6)] int[]? DecodedRows = null)
{
    /// <summary>Stands for "no offset before this one".</summary>
    public const long NoOffset = -1;

    /// <summary>Offset of the last record.</summary>
    public long LastOffset => Offsets[^1];
}

/// <summary>Rows of one table, record after record, as the bytes that <c>COPY … (FORMAT BINARY)</c> takes between its header and its trailer.</summary>
/// <param name="Layout">Id of the table and its column list (<c>CopyLayouts</c> in the sql project). An id never changes its meaning.</param>
/// <param name="Bytes">The rows.</param>
/// <param name="RecordEnds">For each record of <see cref="RowBatch.Offsets"/> the position in <see cref="Bytes"/> just after its rows.</param>
/// <param name="RecordRows">For each record the number of its rows.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.TableRows")]
public sealed record TableRows(
    [property: Id(0)] short Layout,
    [property: Id(1)] RowBytes Bytes,
    [property: Id(2)] int[] RecordEnds,
    [property: Id(3)] int[] RecordRows);

/// <summary>Rows of one dimension table in the same encoding.</summary>
/// <param name="Layout">Id of the table and its column list.</param>
/// <param name="Bytes">The rows. Not to be changed.</param>
/// <param name="Rows">Number of rows.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.DimensionRows")]
public sealed record DimensionRows(
    [property: Id(0)] short Layout,
    [property: Id(1)] byte[] Bytes,
    [property: Id(2)] int Rows);
