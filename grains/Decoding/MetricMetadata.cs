using System.Buffers;
using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// The metadata of the current metric, encoded when the first new series needs it and kept for the others. Encoding it for each would be quadratic: half a payload may be the metadata
/// of a metric whose other half is points of a series each. Belongs to one decoder.
/// </summary>
internal sealed class MetricMetadata
{
    private byte[]? _column;
    private byte[]? _canonical;
    private CopyLosses _losses;

    /// <summary>Another metric comes.</summary>
    public void Clear() => _column = _canonical = null;

    /// <summary>Writes the column.</summary>
    /// <param name="row">Where to.</param>
    /// <param name="metadata">Metadata fields of the current metric, and nothing else.</param>
    /// <param name="limits">What is cut off.</param>
    public void WriteColumn(CopyRowBuffer row, ReadOnlySpan<byte> metadata, ValueLimits limits)
    {
        if (metadata.IsEmpty)
        {
            row.WriteNull();
            return;
        }

        if (_column is null)
        {
            using var column = new CopyRowBuffer();
            AttributeJson.WriteColumn(column, metadata, MetricFields.Metadata, limits);
            _column = column.Written.ToArray();
            _losses = column.Losses;
        }

        row.MarkLossy(_losses);
        row.WriteRaw(_column);
    }

    /// <summary>The fields in their canonical encoding.</summary>
    /// <param name="metadata">Metadata fields of the current metric, and nothing else.</param>
    public ReadOnlySpan<byte> Canonical(ReadOnlySpan<byte> metadata)
    {
        if (_canonical is null)
        {
            var output = new ArrayBufferWriter<byte>();
            CanonicalEncoding.WriteAttributes(output, MetricFields.Metadata, metadata, MetricFields.Metadata);
            _canonical = output.WrittenSpan.ToArray();
        }

        return _canonical;
    }
}
