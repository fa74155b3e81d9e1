using System.Buffers.Binary;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Aggregation;

/// <summary>Batches whose single row of each record is the record's offset, eight bytes: enough to see what a buffer keeps and drops.</summary>
internal static class OffsetRows
{
    public const int RowBytes = sizeof(long);

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

    public static IReadOnlyList<long> Offsets(FlushRequest request) =>
        [.. request.Blocks.SelectMany(b => Enumerable.Range(0, b.Bytes.Length / RowBytes).Select(i => BinaryPrimitives.ReadInt64BigEndian(b.Bytes.Span[(i * RowBytes)..])))];
}
