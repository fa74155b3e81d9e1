using System.Text.Encodings.Web;
using System.Text.Json;
using Orleans.Dashboard;
using OtelOrleans.Silo.Health;
using OtelOrleans.Silo.Http;
using OtelOrleans.Silo.Pipeline;
using OtelOrleans.Silo.Telemetry;

namespace OtelOrleans.Silo.Hosting;

/// <summary>The process: a silo with its web endpoints.</summary>
internal static class SiloHost
{
    /// <summary>Longer than the drain's deadline and Orleans' own stop together.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    public static WebApplication Build(OtelOrleansOptions options)
    {
        // Not the caller's command line or the machine's settings: what counts has been read and checked already.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.AddSiloHttp(options.Http);
        builder.Services.AddLogs(options.Log);
        builder.AddSelfTelemetry(options.Cluster);
        builder.Services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
            o.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
            o.SerializerOptions.WriteIndented = true;
        });
        // Health must be served while the silo waits for Postgres, so nothing waits for anything to start; stopping goes in order.
        builder.Services.Configure<HostOptions>(o =>
        {
            o.ServicesStartConcurrently = true;
            o.ShutdownTimeout = ShutdownTimeout;
        });
        builder.Host.UseOrleans(silo =>
        {
            silo.UsePostgresClustering(options.Cluster);
            silo.AddOtelOrleans(options);
            if (options.Http.ServesAll)
            {
                silo.AddSiloDashboard();
            }
        });
        var app = builder.Build();
        app.UseSiloHttp(options.Http);
        app.MapHealth();
        app.MapPrometheusScrapingEndpoint(SelfTelemetry.MetricsPath);
        app.MapPipeline();
        if (options.Http.ServesAll)
        {
            app.MapOrleansDashboard(SiloDashboard.Path);
        }

        if (!options.Http.ServesAll)
        {
            SiloLog.OnlyHealthIsServed(app.Logger, options.Http.Url);
        }

        return app;
    }
}
