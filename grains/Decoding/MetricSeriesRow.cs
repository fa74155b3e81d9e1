using System.Buffers;
using System.Buffers.Binary;
using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From a metric and the attributes of a data point to a row of <c>metric_series</c>.</summary>
internal static class MetricSeriesRow
{
    // Bytes. The table refuses names of more than 1,024 characters: no instrument has one, and an index row could not hold it.
    private const int MaxNameBytes = 1024;

    /// <summary>
    /// Writes the row. Its id is the hash of the ids of resource and scope (8 bytes each, big-endian) and the canonical encoding of a <c>Metric</c> with name, unit, and data that
    /// holds temporality, monotonicity and one point with nothing but the attributes. If the row is lossy, <c>lossless</c> is that <c>Metric</c>, with description and metadata.
    /// </summary>
    public static Dimension Create(in MetricHeader metric, ReadOnlySpan<byte> attributes, uint tag, ValueLimits limits)
    {
        var point = new ArrayBufferWriter<byte>();
        CanonicalEncoding.WriteAttributes(point, tag, attributes, tag);
        var identity = new ArrayBufferWriter<byte>();
        BinaryPrimitives.WriteInt64BigEndian(identity.GetSpan(8), metric.Resource.Id);
        identity.Advance(8);
        BinaryPrimitives.WriteInt64BigEndian(identity.GetSpan(8), metric.Scope.Id);
        identity.Advance(8);
        WriteMetric(identity, metric, point.WrittenSpan, isWhole: false);
        var id = CanonicalEncoding.IdOf(identity.WrittenSpan);

        using var row = new CopyRowBuffer();
        row.BeginRow(CopyLayouts.MetricSeries);
        row.WriteInt64(id);
        row.WriteInt64(metric.Resource.Id);
        row.WriteInt64(metric.Scope.Id);
        row.WriteInt16((short)metric.Type);
        row.WriteEnum(metric.Temporality);
        if (metric.Type == MetricType.Sum)
        {
            row.WriteBool(metric.IsMonotonic);
        }
        else
        {
            row.WriteNull();
        }

        row.WriteCleanText(metric.Resource.ServiceNameUtf8);
        row.WriteText(CutName(row, metric.Name));
        row.WriteTextOrNull(metric.Unit);
        row.WriteTextOrNull(metric.Description);
        AttributeJson.WriteColumn(row, attributes, tag, limits);
        metric.MetadataRow.WriteColumn(row, metric.Metadata, limits);
        row.WriteLossless(row.Losses == CopyLosses.None ? default : Whole(metric, point.WrittenSpan));
        return Dimension.Of(id, CopyLayouts.MetricSeries, row);
    }

    private static ReadOnlySpan<byte> Whole(in MetricHeader metric, ReadOnlySpan<byte> point)
    {
        var whole = new ArrayBufferWriter<byte>();
        WriteMetric(whole, metric, point, isWhole: true);
        return whole.WrittenSpan;
    }

    private static void WriteMetric(ArrayBufferWriter<byte> output, in MetricHeader metric, ReadOnlySpan<byte> point, bool isWhole)
    {
        var data = new ArrayBufferWriter<byte>();
        CanonicalEncoding.WritePresent(data, MetricDataFields.DataPoints, point);
        CanonicalEncoding.WriteVarintField(data, MetricDataFields.AggregationTemporality, (ulong)metric.Temporality);
        CanonicalEncoding.WriteVarintField(data, MetricDataFields.IsMonotonic, metric.IsMonotonic ? 1u : 0u);
        var dataTag = metric.Type switch
        {
            MetricType.Gauge => MetricFields.Gauge,
            MetricType.Sum => MetricFields.Sum,
            MetricType.Histogram => MetricFields.Histogram,
            MetricType.ExponentialHistogram => MetricFields.ExponentialHistogram,
            _ => MetricFields.Summary,
        };

        CanonicalEncoding.WriteBytesField(output, MetricFields.Name, metric.Name);
        if (isWhole)
        {
            CanonicalEncoding.WriteBytesField(output, MetricFields.Description, metric.Description);
        }

        CanonicalEncoding.WriteBytesField(output, MetricFields.Unit, metric.Unit);
        CanonicalEncoding.WritePresent(output, dataTag, data.WrittenSpan);
        if (isWhole)
        {
            output.Write(metric.MetadataRow.Canonical(metric.Metadata));
        }
    }

    private static ReadOnlySpan<byte> CutName(CopyRowBuffer row, ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxNameBytes)
        {
            row.MarkLossy(CopyLosses.TooLong);
        }

        return CutText.Start(name, MaxNameBytes);
    }
}
