using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From an <c>ExponentialHistogramDataPoint</c> to a row of <c>metric_exp_histogram_points</c>.</summary>
internal static class ExponentialPointRow
{
    /// <summary>Writes the row.</summary>
    public static void Write(ServiceRows service, DimensionCache dimensions, in MetricHeader metric, ReadOnlySpan<byte> point)
    {
        ulong start = 0, time = 0, count = 0, zeroCount = 0;
        double? sum = null, min = null, max = null;
        var zeroThreshold = 0d;
        var scale = 0;
        uint flags = 0;
        FieldRange attributes = default, exemplars = default;
        var positive = new MergedField(ExponentialPointFields.Positive);
        var negative = new MergedField(ExponentialPointFields.Negative);
        var reader = new WireReader(point);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case ExponentialPointFields.Attributes:
                    reader.ReadBytes();
                    attributes.Extend(at, reader.Position);
                    break;
                case PointFields.StartTimeUnixNano:
                    start = reader.ReadFixed64();
                    break;
                case PointFields.TimeUnixNano:
                    time = reader.ReadFixed64();
                    break;
                case ExponentialPointFields.Count:
                    count = reader.ReadFixed64();
                    break;
                case ExponentialPointFields.Sum:
                    sum = reader.ReadDouble();
                    break;
                case ExponentialPointFields.Scale:
                    scale = reader.ReadSInt32();
                    break;
                case ExponentialPointFields.ZeroCount:
                    zeroCount = reader.ReadFixed64();
                    break;
                case ExponentialPointFields.Positive:
                    positive.Add(reader.ReadBytes());
                    break;
                case ExponentialPointFields.Negative:
                    negative.Add(reader.ReadBytes());
                    break;
                case ExponentialPointFields.Flags:
                    flags = reader.ReadUInt32();
                    break;
                case ExponentialPointFields.Exemplars:
                    reader.ReadBytes();
                    exemplars.Extend(at, reader.Position);
                    break;
                case ExponentialPointFields.Min:
                    min = reader.ReadDouble();
                    break;
                case ExponentialPointFields.Max:
                    max = reader.ReadDouble();
                    break;
                case ExponentialPointFields.ZeroThreshold:
                    zeroThreshold = reader.ReadDouble();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        ExponentialBuckets positiveBuckets = default, negativeBuckets = default;
        if (positive.IsPresent)
        {
            positiveBuckets = ExponentialBuckets.Read(positive.In(point));
        }

        if (negative.IsPresent)
        {
            negativeBuckets = ExponentialBuckets.Read(negative.In(point));
        }

        var isChanged = false;
        if ((flags & PointColumns.NoRecordedValue) != 0)
        {
            isChanged = sum is not null || min is not null || max is not null || positive.IsPresent || negative.IsPresent;
            sum = min = max = null;
            positiveBuckets = negativeBuckets = default;
        }

        var series = PointColumns.SeriesOf(service, dimensions, metric, point, attributes, ExponentialPointFields.Attributes);
        ExemplarRow.WriteAll(service, exemplars.Of(point), ExponentialPointFields.Exemplars, time, series);
        var row = service.Table(CopyLayouts.ExponentialHistogramPoints);
        row.BeginRow(CopyLayouts.ExponentialHistogramPoints);
        PointColumns.WriteHead(row, time, start, series);
        row.WriteNumeric(count);
        PointColumns.WriteOptional(row, sum);
        PointColumns.WriteOptional(row, min);
        PointColumns.WriteOptional(row, max);
        row.WriteNumeric(zeroCount);
        row.WriteDouble(zeroThreshold);
        row.WriteInt32(scale);
        positiveBuckets.WriteOffset(row);
        negativeBuckets.WriteOffset(row);
        PointColumns.WriteFlagsAndNanos(row, flags, time, start);
        positiveBuckets.WriteCounts(row);
        negativeBuckets.WriteCounts(row);
        PointColumns.WriteLossless(row, point, isChanged);
    }
}
