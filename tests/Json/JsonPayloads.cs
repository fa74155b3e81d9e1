using System.Text;
using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto;
using OtelOrleans.Proto.Json;

namespace OtelOrleans.Tests.Json;

/// <summary>Makes requests in JSON around the part that a test is about, and reads what they become.</summary>
internal static class JsonPayloads
{
    public const string Ids = "\"traceId\":\"0d1a2734414e5b6875828f9ca9b6c3d0\",\"spanId\":\"0102030405fdfeff\"";

    public static byte[] Utf8(string json) => Encoding.UTF8.GetBytes(json);

    /// <summary>A request with spans, given as their members.</summary>
    public static byte[] Spans(params string[] members) => Request("resourceSpans", "scopeSpans", "spans", members);

    public static byte[] LogRecords(params string[] members) => Request("resourceLogs", "scopeLogs", "logRecords", members);

    public static byte[] Metrics(params string[] members) => Request("resourceMetrics", "scopeMetrics", "metrics", members);

    public static Span Span(string members) => Traces(Spans(members)).ResourceSpans[0].ScopeSpans[0].Spans[0];

    public static LogRecord LogRecord(string members) => Logs(LogRecords(members)).ResourceLogs[0].ScopeLogs[0].LogRecords[0];

    public static Metric Metric(string members) => Metrics(Metrics(members)).ResourceMetrics[0].ScopeMetrics[0].Metrics[0];

    /// <summary>An attribute's value, given as the members of an <c>AnyValue</c>.</summary>
    public static AnyValue Value(string members) => Span($"\"attributes\":[{{\"key\":\"k\",\"value\":{{{members}}}}}]").Attributes[0].Value;

    public static TracesData Traces(byte[] json) => TracesData.Parser.ParseFrom(Transcode(Signal.Traces, json));

    public static LogsData Logs(byte[] json) => LogsData.Parser.ParseFrom(Transcode(Signal.Logs, json));

    public static MetricsData Metrics(byte[] json) => MetricsData.Parser.ParseFrom(Transcode(Signal.Metrics, json));

    public static byte[] Transcode(Signal signal, byte[] json) => Transcode(new OtlpJsonTranscoder(), signal, json).ToArray();

    public static ReadOnlySpan<byte> Transcode(OtlpJsonTranscoder transcoder, Signal signal, byte[] json) => signal switch
    {
        Signal.Traces => transcoder.TranscodeTraces(json),
        Signal.Logs => transcoder.TranscodeLogs(json),
        _ => transcoder.TranscodeMetrics(json),
    };

    /// <summary>A request with all its resources once more.</summary>
    public static byte[] TwiceAsLong(byte[] request)
    {
        int start = Array.IndexOf(request, (byte)'[') + 1, end = Array.LastIndexOf(request, (byte)']');
        return [.. request[..end], (byte)',', .. request[start..]];
    }

    /// <summary>What the refusal says.</summary>
    public static string Refusal(byte[] json) => Assert.ThrowsAny<MalformedPayloadException>(() => Transcode(Signal.Traces, json)).Message;

    public static IMessage Parse(Signal signal, ReadOnlySpan<byte> protobuf) => signal switch
    {
        Signal.Traces => TracesData.Parser.ParseFrom(protobuf),
        Signal.Logs => LogsData.Parser.ParseFrom(protobuf),
        _ => MetricsData.Parser.ParseFrom(protobuf),
    };

    private static byte[] Request(string resources, string scopes, string items, string[] members) => Utf8(
        $$$"""
        {"{{{resources}}}":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
         "{{{scopes}}}":[{"scope":{"name":"scope","version":"1"},"{{{items}}}":[{{{string.Join(",\n", members.Select(m => "{" + m + "}"))}}}]}]}]}
        """);
}
