using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// From <c>ExportTraceServiceRequest</c> to rows of <c>spans</c>. Two phases per span: walk its fields, noting where they are; then write the columns in the table's order.
/// A span whose ids have impossible lengths is a dead letter; an all-zero id is kept as it is.
/// </summary>
internal sealed class TraceDecoder(DimensionCache dimensions, ChunkRows rows) : SignalDecoder(dimensions, rows)
{
    private const int TraceIdLength = 16;
    private const int SpanIdLength = 8;

    // From start_time to parent_span_id.
    private static readonly int FixedBytes = 4 * FixedColumns.Int64Bytes + FixedColumns.Int32Bytes + 3 * FixedColumns.Int16Bytes
        + FixedColumns.HexBytes(TraceIdLength) + 2 * FixedColumns.HexBytes(SpanIdLength);

    private readonly ChunkRows _rows = rows;
    private int _itemIndex;

    /// <inheritdoc/>
    protected override void BeginPayload() => _itemIndex = -1;

    /// <inheritdoc/>
    protected override void DecodeItem(ReadOnlySpan<byte> message)
    {
        _itemIndex++;
        if (IsTooLarge(message.Length))
        {
            _rows.WriteTooLarge(Service, _itemIndex, "span", message);
            return;
        }

        ReadOnlySpan<byte> traceId = default, spanId = default, parentSpanId = default, traceState = default, name = default, statusMessage = default;
        ulong start = 0, end = 0;
        uint flags = 0, kind = 0, statusCode = 0, droppedAttributes = 0, droppedEvents = 0, droppedLinks = 0;
        FieldRange attributes = default, events = default, links = default;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case SpanFields.Attributes:
                    do
                    {
                        reader.ReadBytes();
                    }
                    while (reader.TryReadTag(SpanFields.Attributes));

                    attributes.Extend(at, reader.Position);
                    break;
                case SpanFields.TraceId:
                    traceId = reader.ReadBytes();
                    break;
                case SpanFields.SpanId:
                    spanId = reader.ReadBytes();
                    break;
                case SpanFields.TraceState:
                    traceState = reader.ReadBytes();
                    break;
                case SpanFields.ParentSpanId:
                    parentSpanId = reader.ReadBytes();
                    break;
                case SpanFields.Flags:
                    flags = reader.ReadFixed32();
                    break;
                case SpanFields.Name:
                    name = reader.ReadBytes();
                    break;
                case SpanFields.Kind:
                    kind = reader.ReadUInt32();
                    break;
                case SpanFields.StartTimeUnixNano:
                    start = reader.ReadFixed64();
                    break;
                case SpanFields.EndTimeUnixNano:
                    end = reader.ReadFixed64();
                    break;
                case SpanFields.DroppedAttributesCount:
                    droppedAttributes = reader.ReadUInt32();
                    break;
                case SpanFields.Events:
                    reader.ReadBytes();
                    events.Extend(at, reader.Position);
                    break;
                case SpanFields.DroppedEventsCount:
                    droppedEvents = reader.ReadUInt32();
                    break;
                case SpanFields.Links:
                    reader.ReadBytes();
                    links.Extend(at, reader.Position);
                    break;
                case SpanFields.DroppedLinksCount:
                    droppedLinks = reader.ReadUInt32();
                    break;
                case SpanFields.Status:
                    ReadStatus(reader.ReadBytes(), ref statusMessage, ref statusCode);
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        if (traceId.Length != TraceIdLength || spanId.Length != SpanIdLength || parentSpanId.Length is not (0 or SpanIdLength))
        {
            Reject(traceId.Length, spanId.Length, parentSpanId.Length);
            return;
        }

        var row = Service.Table(CopyLayouts.Spans);
        row.BeginRow(CopyLayouts.Spans);
        var columns = row.BeginFixed(FixedBytes);
        columns.WriteTimestamp(start);

        // Wraps where it must: the end is the start plus this, modulo 2^64.
        columns.WriteInt64((long)(end - start));
        columns.WriteInt64(Resource.Id);
        columns.WriteInt64(Scope.Id);
        columns.WriteInt32((int)flags);
        columns.WriteNanos(start);
        columns.WriteInt16(row.FitEnum((int)kind));
        columns.WriteInt16(row.FitEnum((int)statusCode));
        columns.WriteHex(traceId);
        columns.WriteHex(spanId);
        if (parentSpanId.IsEmpty)
        {
            columns.WriteNull();
        }
        else
        {
            columns.WriteHex(parentSpanId);
        }

        row.EndFixed(columns);
        row.WriteCleanText(Resource.ServiceNameUtf8);
        row.WriteText(name);
        row.WriteTextOrNull(statusMessage);
        row.WriteTextOrNull(traceState);
        AttributeJson.WriteColumn(row, attributes.Of(message), SpanFields.Attributes, Limits);
        SpanJson.WriteEvents(row, events.Of(message), Limits);
        SpanJson.WriteLinks(row, links.Of(message), Limits);
        SpanJson.WriteDropped(row, droppedAttributes, droppedEvents, droppedLinks);
        row.WriteLossless(message);
    }

    // Called again for a repeated status: merging is what protobuf does then.
    private static void ReadStatus(ReadOnlySpan<byte> message, ref ReadOnlySpan<byte> text, ref uint code)
    {
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case StatusFields.Message:
                    text = reader.ReadBytes();
                    break;
                case StatusFields.Code:
                    code = reader.ReadUInt32();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }
    }

    private void Reject(int traceIdLength, int spanIdLength, int parentSpanIdLength) =>
        _rows.RefuseItem(
            Service,
            _itemIndex,
            DeadLetterReason.InvalidId,
            $"A span has ids of {traceIdLength} (trace), {spanIdLength} (span) and {parentSpanIdLength} (parent) bytes, where 16, 8 and 0 or 8 are allowed.");
}
