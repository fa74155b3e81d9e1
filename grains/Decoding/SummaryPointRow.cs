using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From a <c>SummaryDataPoint</c> to a row of <c>metric_summary_points</c>.</summary>
internal static class SummaryPointRow
{
    /// <summary>Writes the row.</summary>
    public static void Write(ServiceRows service, DimensionCache dimensions, in MetricHeader metric, ReadOnlySpan<byte> point)
    {
        ulong start = 0, time = 0, count = 0, sum = 0;
        uint flags = 0;
        var quantileCount = 0;
        FieldRange attributes = default, quantiles = default;
        var reader = new WireReader(point);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case SummaryPointFields.Attributes:
                    reader.ReadBytes();
                    attributes.Extend(at, reader.Position);
                    break;
                case PointFields.StartTimeUnixNano:
                    start = reader.ReadFixed64();
                    break;
                case PointFields.TimeUnixNano:
                    time = reader.ReadFixed64();
                    break;
                case SummaryPointFields.Count:
                    count = reader.ReadFixed64();
                    break;
                case SummaryPointFields.Sum:
                    sum = reader.ReadFixed64();
                    break;
                case SummaryPointFields.QuantileValues:
                    reader.ReadBytes();
                    quantiles.Extend(at, reader.Position);
                    quantileCount++;
                    break;
                case SummaryPointFields.Flags:
                    flags = reader.ReadUInt32();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var isRecorded = (flags & PointColumns.NoRecordedValue) == 0;

        var series = PointColumns.SeriesOf(service, dimensions, metric, point, attributes, SummaryPointFields.Attributes);
        var row = service.Table(CopyLayouts.SummaryPoints);
        row.BeginRow(CopyLayouts.SummaryPoints);
        PointColumns.WriteHead(row, time, start, series);
        row.WriteNumeric(count);
        PointColumns.WriteOptional(row, isRecorded ? BitConverter.UInt64BitsToDouble(sum) : null);
        PointColumns.WriteFlagsAndNanos(row, flags, time, start);
        WriteDoubles(row, quantiles.Of(point), isRecorded ? quantileCount : 0, QuantileFields.Quantile);
        WriteDoubles(row, quantiles.Of(point), isRecorded ? quantileCount : 0, QuantileFields.Value);
        PointColumns.WriteLossless(row, point, !isRecorded && (sum != 0 || quantileCount != 0));
    }

    // One field of each ValueAtQuantile.
    private static void WriteDoubles(CopyRowBuffer row, ReadOnlySpan<byte> fields, int count, uint wanted)
    {
        if (count == 0)
        {
            row.WriteNull();
            return;
        }

        row.BeginDoubleArray(count);
        var reader = new WireReader(fields);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == SummaryPointFields.QuantileValues)
            {
                row.WriteDouble(DoubleOf(reader.ReadBytes(), wanted));
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }

    private static double DoubleOf(ReadOnlySpan<byte> message, uint wanted)
    {
        var value = 0d;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == wanted)
            {
                value = reader.ReadDouble();
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return value;
    }
}
