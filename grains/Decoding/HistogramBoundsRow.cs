using System.Buffers.Binary;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From the <c>explicit_bounds</c> of a histogram to a row of <c>metric_histogram_bounds</c>.</summary>
internal static class HistogramBoundsRow
{
    /// <summary>Writes the row. Its id is the hash of the bounds as little-endian doubles.</summary>
    public static Dimension Create(ReadOnlySpan<byte> packed)
    {
        var id = CanonicalEncoding.IdOf(packed);
        using var row = new CopyRowBuffer();
        row.BeginRow(CopyLayouts.HistogramBounds);
        row.WriteInt64(id);
        row.BeginDoubleArray(packed.Length / sizeof(double));
        for (var at = 0; at < packed.Length; at += sizeof(double))
        {
            row.WriteDouble(BinaryPrimitives.ReadDoubleLittleEndian(packed[at..]));
        }

        return Dimension.Of(id, CopyLayouts.HistogramBounds, row);
    }
}
