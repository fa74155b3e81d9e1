using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace OtelOrleans.Tests.Decoding;

/// <summary>
/// Rebuilds from rows the messages that were sent: from <c>lossless</c> where it is set, else from the columns. Spans and log records; <see cref="StoredMetrics"/> does the rest.
/// </summary>
internal static class StoredMessages
{
    public static Span Span(RowReader.Row row)
    {
        if (row.Bytes("lossless") is { } original)
        {
            return OpenTelemetry.Proto.Trace.V1.Span.Parser.ParseFrom(original);
        }

        var start = row.UnixNano("start_time", "start_ns")!.Value;
        var span = new Span
        {
            StartTimeUnixNano = start,
            EndTimeUnixNano = start + (ulong)(long)row["duration_ns"]!,
            Flags = (uint)(int)row["flags"]!,
            Kind = (Span.Types.SpanKind)(short)row["kind"]!,
            Status = new() { Code = (Status.Types.StatusCode)(short)row["status_code"]!, Message = row.Text("status_message") ?? "" },
            TraceId = Id(row.Text("trace_id")),
            SpanId = Id(row.Text("span_id")),
            ParentSpanId = Id(row.Text("parent_span_id")),
            Name = row.Text("name"),
            TraceState = row.Text("trace_state") ?? "",
        };
        JsonValues.Into(span.Attributes, row.OptionalJson("attributes"));
        if (row.OptionalJson("dropped") is { } dropped)
        {
            span.DroppedAttributesCount = dropped.GetProperty("attributes").GetUInt32();
            span.DroppedEventsCount = dropped.GetProperty("events").GetUInt32();
            span.DroppedLinksCount = dropped.GetProperty("links").GetUInt32();
        }

        foreach (var json in row.OptionalJson("events")?.EnumerateArray().ToArray() ?? [])
        {
            var item = new Span.Types.Event { TimeUnixNano = json.GetProperty("time").GetUInt64(), Name = json.GetProperty("name").GetString() };
            item.DroppedAttributesCount = json.TryGetProperty("dropped", out var count) ? count.GetUInt32() : 0;
            JsonValues.IntoMember(item.Attributes, json, "attributes");
            span.Events.Add(item);
        }

        foreach (var json in row.OptionalJson("links")?.EnumerateArray().ToArray() ?? [])
        {
            var link = new Span.Types.Link { TraceId = Id(json.GetProperty("trace_id").GetString()), SpanId = Id(json.GetProperty("span_id").GetString()) };
            link.TraceState = json.TryGetProperty("trace_state", out var state) ? state.GetString() : "";
            link.Flags = json.TryGetProperty("flags", out var flags) ? flags.GetUInt32() : 0;
            link.DroppedAttributesCount = json.TryGetProperty("dropped", out var count) ? count.GetUInt32() : 0;
            JsonValues.IntoMember(link.Attributes, json, "attributes");
            span.Links.Add(link);
        }

        return span;
    }

    public static LogRecord LogRecord(RowReader.Row row)
    {
        if (row.Bytes("lossless") is { } original)
        {
            return OpenTelemetry.Proto.Logs.V1.LogRecord.Parser.ParseFrom(original);
        }

        var record = new LogRecord
        {
            TimeUnixNano = (bool)row["time_missing"]! ? 0 : row.UnixNano("time", "time_ns")!.Value,
            ObservedTimeUnixNano = row.UnixNano("observed_time", "observed_ns") ?? 0,
            SeverityNumber = (SeverityNumber)(short)row["severity_number"]!,
            SeverityText = row.Text("severity_text") ?? "",
            EventName = row.Text("event_name") ?? "",
            Flags = (uint)(int)row["flags"]!,
            TraceId = Id(row.Text("trace_id")),
            SpanId = Id(row.Text("span_id")),
            DroppedAttributesCount = (uint)((long?)row["dropped_attributes_count"] ?? 0),
        };
        JsonValues.Into(record.Attributes, row.OptionalJson("attributes"));
        if (row.OptionalJson("body_json") is { } json)
        {
            record.Body = JsonValues.ValueOf(json);
        }
        else if (row.Text("body") is { } text)
        {
            record.Body = new() { StringValue = text };
        }

        return record;
    }

    /// <summary>A resource with its schema URL; what means the same for all signals.</summary>
    public static ResourceSpans Resource(RowReader.Row row)
    {
        if (row.Bytes("lossless") is { } original)
        {
            return ResourceSpans.Parser.ParseFrom(original);
        }

        var envelope = new ResourceSpans { SchemaUrl = row.Text("schema_url") ?? "", Resource = new() { DroppedAttributesCount = (uint)(long)row["dropped_attributes_count"]! } };
        JsonValues.Into(envelope.Resource.Attributes, row.OptionalJson("attributes"));
        foreach (var json in row.OptionalJson("entity_refs")?.EnumerateArray().ToArray() ?? [])
        {
            envelope.Resource.EntityRefs.Add(new OpenTelemetry.Proto.Common.V1.EntityRef
            {
                Type = json.GetProperty("type").GetString(),
                SchemaUrl = json.GetProperty("schema_url").GetString(),
                IdKeys = { json.GetProperty("id_keys").EnumerateArray().Select(k => k.GetString()) },
                DescriptionKeys = { json.GetProperty("description_keys").EnumerateArray().Select(k => k.GetString()) },
            });
        }

        return envelope;
    }

    /// <summary>A scope with its schema URL; what means the same for all signals.</summary>
    public static ScopeSpans Scope(RowReader.Row row)
    {
        if (row.Bytes("lossless") is { } original)
        {
            return ScopeSpans.Parser.ParseFrom(original);
        }

        var envelope = new ScopeSpans { SchemaUrl = row.Text("schema_url") ?? "" };
        envelope.Scope = new() { Name = row.Text("name"), Version = row.Text("version") ?? "", DroppedAttributesCount = (uint)(long)row["dropped_attributes_count"]! };
        JsonValues.Into(envelope.Scope.Attributes, row.OptionalJson("attributes"));
        return envelope;
    }

    public static ByteString Id(string? hex) => ByteString.CopyFrom(Convert.FromHexString(hex ?? ""));
}
