using System.Diagnostics;
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>
/// The OpenTelemetry SDK of one service of the sample shop: a resource, an activity source, a meter and loggers of its own, as if it were a process of its own.
/// </summary>
internal sealed class ShopTelemetry : IDisposable
{
    /// <summary>Short, so that a person who tries it out does not wait.</summary>
    private const int BatchDelayMs = 500;

    private const int MetricIntervalMs = 2000;

    private readonly TracerProvider _tracers;
    private readonly MeterProvider _meters;

    /// <param name="service">The <c>service.name</c>.</param>
    /// <param name="version">The <c>service.version</c>, and the version of the instrumentation scope.</param>
    /// <param name="otlp">Where to send to, without the signal's path.</param>
    /// <param name="temporality">Cumulative, or delta to have both kinds in the data.</param>
    /// <param name="views">Changes to how instruments are aggregated.</param>
    public ShopTelemetry(
        string service,
        string version,
        Uri otlp,
        MetricReaderTemporalityPreference temporality = MetricReaderTemporalityPreference.Cumulative,
        Action<MeterProviderBuilder>? views = null)
    {
        var resource = ResourceBuilder.CreateEmpty()
            .AddService(service, "sample-shop", version, autoGenerateServiceInstanceId: false, serviceInstanceId: $"{service}-{Environment.ProcessId}")
            .AddTelemetrySdk()
            .AddAttributes(
            [
                new("deployment.environment.name", "demo"),
                new("host.name", Environment.MachineName),
                new("process.pid", (long)Environment.ProcessId),
            ]);
        var scope = $"Shop.{char.ToUpperInvariant(service[0])}{service[1..]}";
        Source = new(scope, version);
        Meter = new(scope, version);

        _tracers = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(scope)
            .AddOtlpExporter(options =>
            {
                Direct(options, otlp, "traces");
                options.BatchExportProcessorOptions.ScheduledDelayMilliseconds = BatchDelayMs;
            })
            .Build();

        var building = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(scope)
            .SetExemplarFilter(ExemplarFilterType.TraceBased);
        views?.Invoke(building);
        _meters = building
            .AddOtlpExporter((options, reader) =>
            {
                Direct(options, otlp, "metrics");
                reader.TemporalityPreference = temporality;
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = MetricIntervalMs;
            })
            .Build();

        Loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddOpenTelemetry(options =>
        {
            options.SetResourceBuilder(resource);
            options.IncludeScopes = true;
            options.IncludeFormattedMessage = true;
            options.AddOtlpExporter((exporter, processor) =>
            {
                Direct(exporter, otlp, "logs");
                processor.BatchExportProcessorOptions.ScheduledDelayMilliseconds = BatchDelayMs;
            });
        }));
    }

    public ActivitySource Source { get; }

    public Meter Meter { get; }

    public ILoggerFactory Loggers { get; }

    /// <summary>Sends what is still waiting, then ends. Blocks while it does (a few seconds at most).</summary>
    public void Dispose()
    {
        _tracers.Dispose();
        _meters.Dispose();
        Loggers.Dispose();
        Source.Dispose();
        Meter.Dispose();
    }

    private static void Direct(OtlpExporterOptions options, Uri otlp, string signal)
    {
        options.Protocol = OtlpExportProtocol.HttpProtobuf;
        options.Endpoint = new(otlp, $"/v1/{signal}");

        // Loopback needs no proxy, whatever the environment names.
        options.HttpClientFactory = () => new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
    }
}
