namespace OtelOrleans.GrainInterfaces;

/// <summary>The kind of telemetry that a Kafka record holds. An OTLP payload does not name it: the topic or the header <c>otelcol.signal</c> does.</summary>
public enum Signal : byte
{
    /// <summary>An <c>ExportTraceServiceRequest</c> (on the wire the same as <c>TracesData</c>).</summary>
    Traces = 1,

    /// <summary>An <c>ExportLogsServiceRequest</c> (on the wire the same as <c>LogsData</c>).</summary>
    Logs = 2,

    /// <summary>An <c>ExportMetricsServiceRequest</c> (on the wire the same as <c>MetricsData</c>).</summary>
    Metrics = 3,
}
