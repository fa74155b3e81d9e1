using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// From <c>ExportLogsServiceRequest</c> to rows of <c>log_records</c>, in the two phases of <see cref="TraceDecoder"/>. A record whose ids have impossible lengths is a dead letter;
/// an id that is absent or all zero, which OpenTelemetry holds for the same, is NULL.
/// </summary>
internal sealed class LogsDecoder(DimensionCache dimensions, ChunkRows rows) : SignalDecoder(dimensions, rows)
{
    private const int TraceIdLength = 16;
    private const int SpanIdLength = 8;

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
            _rows.WriteTooLarge(Service, _itemIndex, "log record", message);
            return;
        }

        ReadOnlySpan<byte> severityText = default, traceId = default, spanId = default, eventName = default;
        ulong time = 0, observedTime = 0;
        uint severity = 0, flags = 0, dropped = 0;
        FieldRange attributes = default;
        var body = new MergedField(LogRecordFields.Body);
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var at = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case LogRecordFields.TimeUnixNano:
                    time = reader.ReadFixed64();
                    break;
                case LogRecordFields.ObservedTimeUnixNano:
                    observedTime = reader.ReadFixed64();
                    break;
                case LogRecordFields.SeverityNumber:
                    severity = reader.ReadUInt32();
                    break;
                case LogRecordFields.SeverityText:
                    severityText = reader.ReadBytes();
                    break;
                case LogRecordFields.Body:
                    body.Add(reader.ReadBytes());
                    break;
                case LogRecordFields.Attributes:
                    reader.ReadBytes();
                    attributes.Extend(at, reader.Position);
                    break;
                case LogRecordFields.DroppedAttributesCount:
                    dropped = reader.ReadUInt32();
                    break;
                case LogRecordFields.Flags:
                    flags = reader.ReadFixed32();
                    break;
                case LogRecordFields.TraceId:
                    traceId = reader.ReadBytes();
                    break;
                case LogRecordFields.SpanId:
                    spanId = reader.ReadBytes();
                    break;
                case LogRecordFields.EventName:
                    eventName = reader.ReadBytes();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        if (traceId.Length is not (0 or TraceIdLength) || spanId.Length is not (0 or SpanIdLength))
        {
            Reject(traceId.Length, spanId.Length);
            return;
        }

        var row = Service.Table(CopyLayouts.LogRecords);
        row.BeginRow(CopyLayouts.LogRecords);
        var effectiveTime = time != 0 ? time : observedTime;
        row.WriteTimestamp(effectiveTime);
        if (observedTime != 0)
        {
            row.WriteTimestamp(observedTime);
        }
        else
        {
            row.WriteNull();
        }

        row.WriteInt64(Resource.Id);
        row.WriteInt64(Scope.Id);
        row.WriteInt32((int)flags);
        row.WriteNanos(effectiveTime);
        if (observedTime != 0)
        {
            row.WriteNanos(observedTime);
        }
        else
        {
            row.WriteNull();
        }

        row.WriteEnum((int)severity);
        row.WriteBool(time == 0);
        WriteId(row, traceId);
        WriteId(row, spanId);
        row.WriteCleanText(Resource.ServiceNameUtf8);
        row.WriteTextOrNull(severityText);
        row.WriteTextOrNull(eventName);
        WriteBody(row, AnyValueView.Read(body.In(message)), Limits);
        AttributeJson.WriteColumn(row, attributes.Of(message), LogRecordFields.Attributes, Limits);
        if (dropped != 0)
        {
            row.WriteInt64(dropped);
        }
        else
        {
            row.WriteNull();
        }

        row.WriteLossless(message);
    }

    private static void WriteId(CopyRowBuffer row, ReadOnlySpan<byte> id)
    {
        if (id.ContainsAnyExcept((byte)0))
        {
            row.WriteHex(id);
            return;
        }

        if (!id.IsEmpty)
        {
            row.MarkLossy(CopyLosses.ZeroId);
        }

        row.WriteNull();
    }

    // body and body_json: a string as text and whole, anything else as JSON, in both columns.
    private static void WriteBody(CopyRowBuffer row, AnyValueView body, ValueLimits limits)
    {
        switch (body.Kind)
        {
            case 0:
                row.WriteNull();
                row.WriteNull();
                break;
            case AnyValueFields.StringValue:
                row.WriteText(body.Bytes);
                row.WriteNull();
                break;
            default:
                var column = row.BeginColumn();
                AttributeJson.WriteValue(row, body, 0, limits);
                row.EndColumn(column);
                row.RepeatAsJsonb(column, row.Length);
                break;
        }
    }

    private void Reject(int traceIdLength, int spanIdLength) =>
        _rows.RefuseItem(
            Service,
            _itemIndex,
            DeadLetterReason.InvalidId,
            $"A log record has ids of {traceIdLength} (trace) and {spanIdLength} (span) bytes, where 0 or 16 and 0 or 8 are allowed.");
}
