using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From a <c>NumberDataPoint</c> to a row of <c>metric_number_points</c>.</summary>
internal static class NumberPointRow
{
    // From time to start_ns.
    private const int FixedBytes = 5 * FixedColumns.Int64Bytes + FixedColumns.Int32Bytes + 2 * FixedColumns.Int16Bytes;

    /// <summary>Writes the row.</summary>
    public static void Write(ServiceRows service, DimensionCache dimensions, in MetricHeader metric, ReadOnlySpan<byte> point)
    {
        ulong start = 0, time = 0, value = 0;
        uint flags = 0, valueTag = 0;
        FieldRange attributes = default, exemplars = default;
        var reader = new WireReader(point);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case NumberPointFields.Attributes:
                    do
                    {
                        reader.ReadBytes();
                    }
                    while (reader.TryReadTag(NumberPointFields.Attributes));

                    attributes.Extend(at, reader.Position);
                    break;
                case PointFields.StartTimeUnixNano:
                    start = reader.ReadFixed64();
                    break;
                case PointFields.TimeUnixNano:
                    time = reader.ReadFixed64();
                    break;
                case NumberPointFields.AsDouble or NumberPointFields.AsInt:
                    valueTag = tag;
                    value = reader.ReadFixed64();
                    break;
                case NumberPointFields.Exemplars:
                    reader.ReadBytes();
                    exemplars.Extend(at, reader.Position);
                    break;
                case NumberPointFields.Flags:
                    flags = reader.ReadUInt32();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var isChanged = false;
        if ((flags & PointColumns.NoRecordedValue) != 0)
        {
            isChanged = valueTag != 0;
            valueTag = 0;
        }

        var series = PointColumns.SeriesOf(service, dimensions, metric, point, attributes, NumberPointFields.Attributes);
        var row = service.Table(CopyLayouts.NumberPoints);
        row.BeginRow(CopyLayouts.NumberPoints);
        var columns = row.BeginFixed(FixedBytes);
        columns.WriteTimestamp(time);
        columns.WriteTimestampOrNull(start);
        columns.WriteInt64(series);
        if (valueTag == NumberPointFields.AsDouble)
        {
            columns.WriteInt64((long)value);
            columns.WriteNull();
        }
        else if (valueTag == NumberPointFields.AsInt)
        {
            columns.WriteNull();
            columns.WriteInt64((long)value);
        }
        else
        {
            columns.WriteNull();
            columns.WriteNull();
        }

        columns.WriteInt32((int)flags);
        columns.WriteNanos(time);
        columns.WriteNanosOrNull(start);
        row.EndFixed(columns);
        PointColumns.WriteLossless(row, point, isChanged);
        ExemplarRow.WriteAll(service, exemplars.Of(point), NumberPointFields.Exemplars, time, series);
    }

    /// <summary>Writes <c>value_double</c> and <c>value_int</c>, one of them NULL at least.</summary>
    public static void WriteNumber(CopyRowBuffer row, bool isDouble, bool isInt, ulong bits)
    {
        if (isDouble)
        {
            row.WriteDouble(BitConverter.UInt64BitsToDouble(bits));
        }
        else
        {
            row.WriteNull();
        }

        if (isInt)
        {
            row.WriteInt64((long)bits);
        }
        else
        {
            row.WriteNull();
        }
    }
}
