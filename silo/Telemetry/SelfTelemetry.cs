using System.Collections;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;

namespace OtelOrleans.Silo.Telemetry;

/// <summary>
/// What the silo tells of itself: its own meters, Orleans', Npgsql's and .NET's, at <see cref="MetricsPath"/>; and by OTLP, with spans of some flushes, where the OpenTelemetry SDK's
/// variables name an endpoint. Metrics are sent by the clock, spans by <see cref="FlushSampler"/>: neither grows with what is stored, so they may go into the topics this silo reads.
/// </summary>
internal static class SelfTelemetry
{
    public const string MetricsPath = "/metrics";

    private const string ServiceName = "otelorleans";
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Meters = ["OtelOrleans.*", "Microsoft.Orleans", "Npgsql", "System.Runtime", "Microsoft.AspNetCore.Hosting"];

    /// <summary>A flush or two of each look into any minute is enough to see what takes its time; the histograms tell the rest.</summary>
    private static readonly TimeSpan SpanInterval = TimeSpan.FromSeconds(10);

    public static void AddSelfTelemetry(this WebApplicationBuilder builder, ClusterOptions cluster)
    {
        // The SDK looks for its variables in the host's configuration, which otherwise holds nothing of the environment.
        builder.Configuration.AddInMemoryCollection(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(v => ((string)v.Key).StartsWith("OTEL_", StringComparison.Ordinal)).Select(v => KeyValuePair.Create((string)v.Key, (string?)v.Value)));
        var resource = ResourceBuilder.CreateEmpty()
            .AddService(ServiceName, serviceVersion: typeof(SelfTelemetry).Assembly.GetName().Version?.ToString(3), serviceInstanceId: $"{cluster.Address}:{cluster.SiloPort}")
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        var telemetry = builder.Services.AddOpenTelemetry().WithMetrics(metrics =>
        {
            metrics.SetResourceBuilder(resource).AddMeter(Meters).AddPrometheusExporter();
            if (IsSent("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"))
            {
                metrics.AddOtlpExporter();
            }
        });
        if (IsSent("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
        {
            var ownService = resource.Build().Attributes.First(a => a.Key == "service.name").Value as string ?? ServiceName;
            telemetry.WithTracing(traces => traces
                .SetResourceBuilder(resource)
                .AddSource(SqlTelemetry.ActivitySourceName)
                .SetSampler(services => new FlushSampler(ownService, SpanInterval, services.GetService<TimeProvider>() ?? TimeProvider.System))
                .AddOtlpExporter());
        }

        bool IsSent(string variable) => !string.IsNullOrEmpty(builder.Configuration[Endpoint]) || !string.IsNullOrEmpty(builder.Configuration[variable]);
    }
}
