using System.Buffers.Binary;
using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From a <c>HistogramDataPoint</c> to a row of <c>metric_histogram_points</c>; the bounds are a dimension, since all points of a series share them.</summary>
internal static class HistogramPointRow
{
    /// <summary>Writes the row.</summary>
    public static void Write(ServiceRows service, DimensionCache dimensions, in MetricHeader metric, ReadOnlySpan<byte> point)
    {
        ulong start = 0, time = 0, count = 0;
        double? sum = null, min = null, max = null;
        uint flags = 0;
        FieldRange attributes = default, exemplars = default;
        var bucketCounts = new PackedField(HistogramPointFields.BucketCountsPacked, HistogramPointFields.BucketCounts);
        var explicitBounds = new PackedField(HistogramPointFields.ExplicitBoundsPacked, HistogramPointFields.ExplicitBounds);
        var reader = new WireReader(point);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case HistogramPointFields.Attributes:
                    reader.ReadBytes();
                    attributes.Extend(at, reader.Position);
                    break;
                case PointFields.StartTimeUnixNano:
                    start = reader.ReadFixed64();
                    break;
                case PointFields.TimeUnixNano:
                    time = reader.ReadFixed64();
                    break;
                case HistogramPointFields.Count:
                    count = reader.ReadFixed64();
                    break;
                case HistogramPointFields.Sum:
                    sum = reader.ReadDouble();
                    break;
                case HistogramPointFields.BucketCountsPacked:
                    bucketCounts.Add(reader.ReadBytes());
                    break;
                case HistogramPointFields.BucketCounts:
                    reader.ReadFixed64();
                    bucketCounts.NoteSingle();
                    break;
                case HistogramPointFields.ExplicitBoundsPacked:
                    explicitBounds.Add(reader.ReadBytes());
                    break;
                case HistogramPointFields.ExplicitBounds:
                    reader.ReadFixed64();
                    explicitBounds.NoteSingle();
                    break;
                case HistogramPointFields.Exemplars:
                    reader.ReadBytes();
                    exemplars.Extend(at, reader.Position);
                    break;
                case HistogramPointFields.Flags:
                    flags = reader.ReadUInt32();
                    break;
                case HistogramPointFields.Min:
                    min = reader.ReadDouble();
                    break;
                case HistogramPointFields.Max:
                    max = reader.ReadDouble();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var counts = bucketCounts.Fixed64In(point);
        var bounds = explicitBounds.Fixed64In(point);
        var isChanged = false;
        if ((flags & PointColumns.NoRecordedValue) != 0)
        {
            isChanged = sum is not null || min is not null || max is not null || !counts.IsEmpty;
            sum = min = max = null;
            counts = default;
        }

        var series = PointColumns.SeriesOf(service, dimensions, metric, point, attributes, HistogramPointFields.Attributes);
        ExemplarRow.WriteAll(service, exemplars.Of(point), HistogramPointFields.Exemplars, time, series);
        var row = service.Table(CopyLayouts.HistogramPoints);
        row.BeginRow(CopyLayouts.HistogramPoints);
        PointColumns.WriteHead(row, time, start, series);
        row.WriteNumeric(count);
        PointColumns.WriteOptional(row, sum);
        PointColumns.WriteOptional(row, min);
        PointColumns.WriteOptional(row, max);
        if (bounds.IsEmpty)
        {
            row.WriteNull();
        }
        else
        {
            var dimension = dimensions.Bounds(bounds);
            service.Refer(dimension);
            row.WriteInt64(dimension.Id);
        }

        PointColumns.WriteFlagsAndNanos(row, flags, time, start);
        WriteCounts(row, counts);
        PointColumns.WriteLossless(row, point, isChanged);
    }

    private static void WriteCounts(CopyRowBuffer row, ReadOnlySpan<byte> counts)
    {
        if (counts.IsEmpty)
        {
            row.WriteNull();
            return;
        }

        row.BeginInt64Array(counts.Length / sizeof(ulong));
        for (; !counts.IsEmpty; counts = counts[sizeof(ulong)..])
        {
            row.WriteCount(BinaryPrimitives.ReadUInt64LittleEndian(counts));
        }
    }
}
