using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From an <c>Exemplar</c> to a row of <c>metric_exemplars</c>. Ids are kept whatever their length; absent ones are NULL.</summary>
internal static class ExemplarRow
{
    /// <summary>Writes a row for each exemplar of a point.</summary>
    /// <param name="service">Where to.</param>
    /// <param name="fields">Fields of the point.</param>
    /// <param name="exemplarTag">The tag of the exemplars among them.</param>
    /// <param name="pointTime">The point's time.</param>
    /// <param name="seriesId">The point's series.</param>
    public static void WriteAll(ServiceRows service, ReadOnlySpan<byte> fields, uint exemplarTag, ulong pointTime, long seriesId)
    {
        var reader = new WireReader(fields);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == exemplarTag)
            {
                service.CountItem();
                Write(service, reader.ReadBytes(), pointTime, seriesId);
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }

    private static void Write(ServiceRows service, ReadOnlySpan<byte> message, ulong pointTime, long seriesId)
    {
        ulong time = 0, value = 0;
        uint valueTag = 0;
        ReadOnlySpan<byte> traceId = default, spanId = default;
        FieldRange attributes = default;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case ExemplarFields.TimeUnixNano:
                    time = reader.ReadFixed64();
                    break;
                case ExemplarFields.AsDouble or ExemplarFields.AsInt:
                    valueTag = tag;
                    value = reader.ReadFixed64();
                    break;
                case ExemplarFields.SpanId:
                    spanId = reader.ReadBytes();
                    break;
                case ExemplarFields.TraceId:
                    traceId = reader.ReadBytes();
                    break;
                case ExemplarFields.FilteredAttributes:
                    reader.ReadBytes();
                    attributes.Extend(at, reader.Position);
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var row = service.Table(CopyLayouts.Exemplars);
        row.BeginRow(CopyLayouts.Exemplars);
        row.WriteTimestamp(time);
        row.WriteTimestamp(pointTime);
        row.WriteInt64(seriesId);
        NumberPointRow.WriteNumber(row, valueTag == ExemplarFields.AsDouble, valueTag == ExemplarFields.AsInt, value);
        row.WriteNanos(time);
        row.WriteNanos(pointTime);
        WriteId(row, traceId);
        WriteId(row, spanId);
        var filtered = attributes.Of(message);
        if (filtered.IsEmpty)
        {
            row.WriteNull();
        }
        else
        {
            AttributeJson.WriteColumn(row, filtered, ExemplarFields.FilteredAttributes, service.Limits);
        }

        row.WriteLossless(message);
    }

    private static void WriteId(CopyRowBuffer row, ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty)
        {
            row.WriteNull();
        }
        else
        {
            row.WriteHex(id);
        }
    }
}
