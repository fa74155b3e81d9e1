using System.Buffers.Binary;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Aggregation;

/// <summary>Batches whose single row of each record is the record's offset, eight bytes: enough to see what a buffer keeps and drops.</summary>
internal static class OffsetRows
{
    public const int RowBytes = sizeof(long);
    private const int SpanBytes = 2 + 4 + 8 + 4;

    public static RowBatch Batch(long previous, params long[] offsets)
    {
        var bytes = new byte[offsets.Length * RowBytes];
        for (var i = 0; i < offsets.Length; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(i * RowBytes), offsets[i]);
        }

        var ends = Enumerable.Range(1, offsets.Length).Select(i => i * RowBytes).ToArray();
        return new RowBatch("t", 0, previous, offsets, [new TableRows(1, bytes, ends, [.. offsets.Select(_ => 1)])], []);
    }

    /// <summary>Rows that COPY could take, one of two columns for each offset: the offset, and nothing.</summary>
    public static RowBatch Spans(long previous, params long[] offsets)
    {
        var bytes = offsets.SelectMany(o => (byte[])[0, 2, 0, 0, 0, 8, .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(o)), 0xff, 0xff, 0xff, 0xff]).ToArray();
        var ends = Enumerable.Range(1, offsets.Length).Select(i => i * SpanBytes).ToArray();
        return new RowBatch("t", 0, previous, offsets, [new TableRows(CopyLayouts.Spans.Id, bytes, ends, [.. offsets.Select(_ => 1)])], []);
    }

    public static IReadOnlyList<long> SpanOffsets(FlushRequest request) =>
    [
        .. request.Blocks.Where(b => b.Layout == CopyLayouts.Spans.Id)
            .SelectMany(b => Enumerable.Range(0, b.Rows).Select(i => BinaryPrimitives.ReadInt64BigEndian(b.Bytes.Span[(i * SpanBytes + 6)..]))),
    ];

    /// <summary>The third column, behind the topic <c>t</c> and the partition.</summary>
    public static long DeadLetterOffset(CopyBlock letter) => BinaryPrimitives.ReadInt64BigEndian(letter.Bytes.Span[(2 + 4 + 1 + 4 + 4 + 4)..]);

    public static IReadOnlyList<long> Offsets(FlushRequest request) =>
        [.. request.Blocks.SelectMany(b => Enumerable.Range(0, b.Bytes.Length / RowBytes).Select(i => BinaryPrimitives.ReadInt64BigEndian(b.Bytes.Span[(i * RowBytes)..])))];
}
