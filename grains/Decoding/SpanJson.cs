using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>The columns of <c>spans</c> that hold lists of messages. Members that would say nothing (no attributes, nothing dropped, no state, no flags) are left out.</summary>
internal static class SpanJson
{
    /// <summary>
    /// Writes <c>[{"time": 1700000000000000001, "name": "…", "attributes": {…}, "dropped": 1}, …]</c>, or NULL if there are none. <c>time</c> is in Unix nanoseconds: a number in jsonb
    /// is exact, whatever its size.
    /// </summary>
    public static void WriteEvents(CopyRowBuffer row, ReadOnlySpan<byte> fields, ValueLimits limits)
    {
        if (fields.IsEmpty)
        {
            row.WriteNull();
            return;
        }

        var column = row.BeginJsonb();
        row.WriteRaw((byte)'[');
        var isFirst = true;
        var reader = new WireReader(fields);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag != SpanFields.Events)
            {
                reader.Skip(tag);
                continue;
            }

            if (!row.TryCountList(limits.MaxLists))
            {
                row.MarkLossy(CopyLosses.TooManyLists);
                break;
            }

            if (!isFirst)
            {
                row.WriteRaw((byte)',');
            }

            WriteEvent(row, reader.ReadBytes(), limits);
            isFirst = false;
        }

        row.WriteRaw((byte)']');
        row.EndColumn(column);
    }

    /// <summary>
    /// Writes <c>[{"trace_id": "hex", "span_id": "hex", "trace_state": "…", "flags": 1, "attributes": {…}, "dropped": 1}, …]</c>, or NULL if there are none. The ids are kept
    /// whatever their length.
    /// </summary>
    public static void WriteLinks(CopyRowBuffer row, ReadOnlySpan<byte> fields, ValueLimits limits)
    {
        if (fields.IsEmpty)
        {
            row.WriteNull();
            return;
        }

        var column = row.BeginJsonb();
        row.WriteRaw((byte)'[');
        var isFirst = true;
        var reader = new WireReader(fields);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag != SpanFields.Links)
            {
                reader.Skip(tag);
                continue;
            }

            if (!row.TryCountList(limits.MaxLists))
            {
                row.MarkLossy(CopyLosses.TooManyLists);
                break;
            }

            if (!isFirst)
            {
                row.WriteRaw((byte)',');
            }

            WriteLink(row, reader.ReadBytes(), limits);
            isFirst = false;
        }

        row.WriteRaw((byte)']');
        row.EndColumn(column);
    }

    /// <summary>Writes <c>{"attributes": 1, "events": 1, "links": 1}</c>, or NULL if the sender left nothing out.</summary>
    public static void WriteDropped(CopyRowBuffer row, uint attributes, uint events, uint links)
    {
        if ((attributes | events | links) == 0)
        {
            row.WriteNull();
            return;
        }

        var column = row.BeginJsonb();
        row.WriteRaw("{\"attributes\":"u8);
        row.WriteJsonUInt(attributes);
        row.WriteRaw(",\"events\":"u8);
        row.WriteJsonUInt(events);
        row.WriteRaw(",\"links\":"u8);
        row.WriteJsonUInt(links);
        row.WriteRaw((byte)'}');
        row.EndColumn(column);
    }

    private static void WriteEvent(CopyRowBuffer row, ReadOnlySpan<byte> message, ValueLimits limits)
    {
        ulong time = 0;
        ReadOnlySpan<byte> name = default;
        uint dropped = 0;
        FieldRange attributes = default;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case SpanEventFields.TimeUnixNano:
                    time = reader.ReadFixed64();
                    break;
                case SpanEventFields.Name:
                    name = reader.ReadBytes();
                    break;
                case SpanEventFields.Attributes:
                    reader.ReadBytes();
                    attributes.Extend(at, reader.Position);
                    break;
                case SpanEventFields.DroppedAttributesCount:
                    dropped = reader.ReadUInt32();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        row.WriteRaw("{\"time\":"u8);
        row.WriteJsonUInt(time);
        row.WriteRaw(",\"name\":"u8);
        row.WriteJsonString(name);
        WriteRest(row, attributes.Of(message), SpanEventFields.Attributes, dropped, limits);
    }

    private static void WriteLink(CopyRowBuffer row, ReadOnlySpan<byte> message, ValueLimits limits)
    {
        ReadOnlySpan<byte> traceId = default, spanId = default, traceState = default;
        uint flags = 0, dropped = 0;
        FieldRange attributes = default;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case SpanLinkFields.TraceId:
                    traceId = reader.ReadBytes();
                    break;
                case SpanLinkFields.SpanId:
                    spanId = reader.ReadBytes();
                    break;
                case SpanLinkFields.TraceState:
                    traceState = reader.ReadBytes();
                    break;
                case SpanLinkFields.Attributes:
                    reader.ReadBytes();
                    attributes.Extend(at, reader.Position);
                    break;
                case SpanLinkFields.DroppedAttributesCount:
                    dropped = reader.ReadUInt32();
                    break;
                case SpanLinkFields.Flags:
                    flags = reader.ReadFixed32();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        row.WriteRaw("{\"trace_id\":"u8);
        row.WriteJsonHex(traceId);
        row.WriteRaw(",\"span_id\":"u8);
        row.WriteJsonHex(spanId);
        if (!traceState.IsEmpty)
        {
            row.WriteRaw(",\"trace_state\":"u8);
            row.WriteJsonString(traceState);
        }

        if (flags != 0)
        {
            row.WriteRaw(",\"flags\":"u8);
            row.WriteJsonUInt(flags);
        }

        WriteRest(row, attributes.Of(message), SpanLinkFields.Attributes, dropped, limits);
    }

    private static void WriteRest(CopyRowBuffer row, ReadOnlySpan<byte> attributes, uint tag, uint dropped, ValueLimits limits)
    {
        if (!attributes.IsEmpty)
        {
            row.WriteRaw(",\"attributes\":"u8);
            AttributeJson.WriteObject(row, attributes, tag, 0, limits);
        }

        if (dropped != 0)
        {
            row.WriteRaw(",\"dropped\":"u8);
            row.WriteJsonUInt(dropped);
        }

        row.WriteRaw((byte)'}');
    }
}
