using Microsoft.AspNetCore.Server.Kestrel.Core;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Silo.Http;

/// <summary>The silo's web server: its limits, and who stands at its door.</summary>
internal static class SiloHttp
{
    /// <summary>What is sent here are questions, and a command now and then.</summary>
    private const long MaxBodyBytes = 64 << 10;

    private const int MaxHeaders = 64;
    private const int MaxHeaderBytes = 16 << 10;

    /// <summary>People, probes and a scraper; each connection beyond is closed at once, so that a flood costs no memory.</summary>
    private const long MaxConnections = 500;

    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Longer than any answer takes; an endpoint that streams says <c>DisableRequestTimeout</c> of itself.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    public static void AddSiloHttp(this WebApplicationBuilder builder, HttpOptions options)
    {
        builder.WebHost.UseKestrelCore().UseUrls(options.Url).ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
            server.Limits.MaxRequestBodySize = MaxBodyBytes;
            server.Limits.MaxRequestHeaderCount = MaxHeaders;
            server.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            server.Limits.RequestHeadersTimeout = HeadersTimeout;
            server.Limits.KeepAliveTimeout = IdleTimeout;
            server.Limits.MaxConcurrentConnections = MaxConnections;
            server.Limits.MaxConcurrentUpgradedConnections = 0;
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddRequestTimeouts(o => o.DefaultPolicy = new() { Timeout = AnswerTimeout });
    }

    /// <summary>Comes before everything that is mapped.</summary>
    public static void UseSiloHttp(this WebApplication app, HttpOptions options)
    {
        app.UseRouting();
        app.UseMiddleware<HttpGuard>(options);
        app.UseRequestTimeouts();
    }
}
