using System.Runtime.CompilerServices;
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

    // From time to span_id.
    private static readonly int FixedBytes = 4 * FixedColumns.Int64Bytes + FixedColumns.Int32Bytes + 3 * FixedColumns.Int16Bytes + FixedColumns.BoolBytes
        + FixedColumns.HexBytes(TraceIdLength) + FixedColumns.HexBytes(SpanIdLength);

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
                    do
                    {
                        reader.ReadBytes();
                    }
                    while (reader.TryReadTag(LogRecordFields.Attributes));

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
        var columns = row.BeginFixed(FixedBytes);
        columns.WriteTimestamp(effectiveTime);
        columns.WriteTimestampOrNull(observedTime);
        columns.WriteInt64(Resource.Id);
        columns.WriteInt64(Scope.Id);
        columns.WriteInt32((int)flags);
        columns.WriteNanos(effectiveTime);
        columns.WriteNanosOrNull(observedTime);
        columns.WriteInt16(row.FitEnum((int)severity));
        columns.WriteBool(time == 0);
        WriteId(ref columns, row, traceId);
        WriteId(ref columns, row, spanId);
        row.EndFixed(columns);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteId(ref FixedColumns columns, CopyRowBuffer row, ReadOnlySpan<byte> id)
    {
        if (id.ContainsAnyExcept((byte)0))
        {
            columns.WriteHex(id);
            return;
        }

        if (!id.IsEmpty)
        {
            row.MarkLossy(CopyLosses.ZeroId);
        }

        columns.WriteNull();
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
