namespace OtelOrleans.Silo.Demo;

/// <summary>The names of the three topics.</summary>
internal sealed record DemoTopics(string Traces = "otlp_spans", string Logs = "otlp_logs", string Metrics = "otlp_metrics")
{
    /// <summary>The same names with something appended.</summary>
    public DemoTopics WithSuffix(string suffix) => new(Traces + suffix, Logs + suffix, Metrics + suffix);

    /// <summary>All three.</summary>
    public IReadOnlyList<string> All => [Traces, Logs, Metrics];
}
