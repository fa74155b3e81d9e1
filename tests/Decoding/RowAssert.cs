using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.OracleAssert;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Compares rows with what Google.Protobuf read.</summary>
internal static class RowAssert
{
    public static void Span(Span span, RowReader.Row row)
    {
        Assert.Equal(span.StartTimeUnixNano, row.UnixNano("start_time", "start_ns"));
        Assert.Equal(span.EndTimeUnixNano, span.StartTimeUnixNano + (ulong)(long)row["duration_ns"]!);
        Assert.Equal((int)span.Flags, row["flags"]);
        Assert.Equal((short)span.Kind, row["kind"]);
        Assert.Equal((short)(span.Status?.Code ?? 0), row["status_code"]);
        Assert.Equal(Hex(span.TraceId), row["trace_id"]);
        Assert.Equal(Hex(span.SpanId), row["span_id"]);
        Assert.Equal(Hex(span.ParentSpanId), row["parent_span_id"]);
        Assert.Equal(span.Name, row["name"]);
        Assert.Equal(Text(span.Status?.Message ?? ""), row["status_message"]);
        Assert.Equal(Text(span.TraceState), row["trace_state"]);
        Attributes(span.Attributes, row.Json("attributes"));
        Events(span, row);
        Links(span, row);
        if (span.DroppedAttributesCount == 0 && span.DroppedEventsCount == 0 && span.DroppedLinksCount == 0)
        {
            Assert.Null(row["dropped"]);
        }
        else
        {
            var dropped = row.Json("dropped");
            Assert.Equal(span.DroppedAttributesCount, dropped.GetProperty("attributes").GetUInt32());
            Assert.Equal(span.DroppedEventsCount, dropped.GetProperty("events").GetUInt32());
            Assert.Equal(span.DroppedLinksCount, dropped.GetProperty("links").GetUInt32());
        }
    }

    public static void LogRecord(LogRecord record, RowReader.Row row)
    {
        Assert.Equal(record.TimeUnixNano != 0 ? record.TimeUnixNano : record.ObservedTimeUnixNano, row.UnixNano("time", "time_ns"));
        Assert.Equal(record.TimeUnixNano == 0, row["time_missing"]);
        Assert.Equal(record.ObservedTimeUnixNano, row.UnixNano("observed_time", "observed_ns") ?? 0);
        Assert.Equal((int)record.Flags, row["flags"]);
        Assert.Equal((short)record.SeverityNumber, row["severity_number"]);
        Assert.Equal(Hex(record.TraceId), row["trace_id"]);
        Assert.Equal(Hex(record.SpanId), row["span_id"]);
        Assert.Equal(Text(record.SeverityText), row["severity_text"]);
        Assert.Equal(Text(record.EventName), row["event_name"]);
        Assert.Equal(record.DroppedAttributesCount, (ulong)(long)(row["dropped_attributes_count"] ?? 0L));
        Attributes(record.Attributes, row.Json("attributes"));
        switch (record.Body?.ValueCase ?? AnyValue.ValueOneofCase.None)
        {
            case AnyValue.ValueOneofCase.None:
                Assert.Null(row["body"]);
                Assert.Null(row["body_json"]);
                break;
            case AnyValue.ValueOneofCase.StringValue:
                Assert.Equal(record.Body!.StringValue, row["body"]);
                Assert.Null(row["body_json"]);
                break;
            default:
                Value(record.Body, row.Json("body_json"));
                Assert.Equal(row.Text("body"), row.Json("body_json").GetRawText());
                break;
        }
    }

    /// <summary>Rows refer to dimension rows of the same batch, and those hold resource and scope.</summary>
    public static void Envelope(
        RowBatch batch, RowReader.Row row, string service, OpenTelemetry.Proto.Resource.V1.Resource resource, string resourceSchema, InstrumentationScope? scope, string scopeSchema)
    {
        Assert.Equal(service, row["service_name"]);
        var resourceRow = RowReader.DimensionsOf(batch, CopyLayouts.Resources).Single(r => r.Id == (long)row["resource_id"]!);
        Assert.Equal(service, resourceRow["service_name"]);
        Assert.Equal(Text(resourceSchema), resourceRow["schema_url"]);
        Assert.Equal((long)resource.DroppedAttributesCount, resourceRow["dropped_attributes_count"]);
        Attributes(resource.Attributes, resourceRow.Json("attributes"));
        var scopeRow = RowReader.DimensionsOf(batch, CopyLayouts.Scopes).Single(r => r.Id == (long)row["scope_id"]!);
        Assert.Equal(scope?.Name ?? "", scopeRow["name"]);
        Assert.Equal(Text(scope?.Version ?? ""), scopeRow["version"]);
        Assert.Equal(Text(scopeSchema), scopeRow["schema_url"]);
        Attributes(scope?.Attributes ?? [], scopeRow.Json("attributes"));
    }

    /// <summary>All points of the metrics, in order, are the rows of the batch.</summary>
    public static void Metrics(IEnumerable<Metric> metrics, RowBatch batch)
    {
        var all = metrics.ToList();
        var check = new MetricRowAssert(batch);
        foreach (var metric in all)
        {
            check.Metric(metric);
        }

        check.NothingIsLeft();
    }

    private static void Events(Span span, RowReader.Row row)
    {
        if (span.Events.Count == 0)
        {
            Assert.Null(row["events"]);
            return;
        }

        var events = row.Json("events").EnumerateArray().ToList();
        Assert.Equal(span.Events.Count, events.Count);
        foreach (var (expected, actual) in span.Events.Zip(events))
        {
            Assert.Equal(expected.TimeUnixNano, actual.GetProperty("time").GetUInt64());
            Assert.Equal(expected.Name, actual.GetProperty("name").GetString());
            OptionalAttributes(expected.Attributes, actual);
            Assert.Equal(expected.DroppedAttributesCount, actual.TryGetProperty("dropped", out var dropped) ? dropped.GetUInt32() : 0);
        }
    }

    private static void Links(Span span, RowReader.Row row)
    {
        if (span.Links.Count == 0)
        {
            Assert.Null(row["links"]);
            return;
        }

        var links = row.Json("links").EnumerateArray().ToList();
        Assert.Equal(span.Links.Count, links.Count);
        foreach (var (expected, actual) in span.Links.Zip(links))
        {
            Assert.Equal(Hex(expected.TraceId) ?? "", actual.GetProperty("trace_id").GetString());
            Assert.Equal(Hex(expected.SpanId) ?? "", actual.GetProperty("span_id").GetString());
            Assert.Equal(expected.TraceState, actual.TryGetProperty("trace_state", out var state) ? state.GetString() : "");
            Assert.Equal(expected.Flags, actual.TryGetProperty("flags", out var flags) ? flags.GetUInt32() : 0);
            OptionalAttributes(expected.Attributes, actual);
            Assert.Equal(expected.DroppedAttributesCount, actual.TryGetProperty("dropped", out var dropped) ? dropped.GetUInt32() : 0);
        }
    }
}
