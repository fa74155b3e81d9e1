using System.Net;
using System.Text;
using Confluent.Kafka;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace OtelOrleans.Silo.Demo;

/// <summary>
/// Stands in for the OpenTelemetry Collector while trying out: takes OTLP over HTTP on loopback and puts each request's body into Kafka as it came.
/// </summary>
/// <remarks>
/// A request is answered with 200 only after Kafka has acknowledged the record, and with 503 when it did not: OTLP clients then send it again.
/// </remarks>
internal sealed class OtlpGateway : IAsyncDisposable
{
    /// <summary>The record header by which a silo tells the signals of a mixed topic apart.</summary>
    public const string SignalHeader = "otelcol.signal";

    private const string Protobuf = "application/x-protobuf";

    private readonly WebApplication _web;
    private readonly IProducer<Null, byte[]> _producer;
    private long _records;

    private OtlpGateway(WebApplication web, IProducer<Null, byte[]> producer) => (_web, _producer) = (web, producer);

    /// <summary>Where it listens, such as <c>http://127.0.0.1:41234</c>; the paths are OTLP's: <c>/v1/traces</c>, <c>/v1/logs</c>, <c>/v1/metrics</c>.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>How many records Kafka has acknowledged.</summary>
    public long Records => Interlocked.Read(ref _records);

    /// <summary>Starts to listen on a free port of 127.0.0.1.</summary>
    public static async Task<OtlpGateway> StartAsync(string brokers, DemoTopics topics, CancellationToken ct)
    {
        // The empty builder reads no settings file and no environment: the silo's own addresses must not come in here.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var web = builder.Build();
        var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig
        {
            BootstrapServers = brokers,
            Acks = Acks.All,
            LingerMs = 5,
            MessageTimeoutMs = 10_000,
            LogConnectionClose = false,
        }).SetLogHandler((_, _) => { }).Build();

        var gateway = new OtlpGateway(web, producer);
        web.UseRouting();
        web.MapPost("/v1/traces", context => gateway.ForwardAsync(context, topics.Traces, "traces"));
        web.MapPost("/v1/logs", context => gateway.ForwardAsync(context, topics.Logs, "logs"));
        web.MapPost("/v1/metrics", context => gateway.ForwardAsync(context, topics.Metrics, "metrics"));
        await web.StartAsync(ct);
        gateway.Address = new(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return gateway;
    }

    /// <summary>Stops listening, after the requests under way were answered.</summary>
    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync();
        await _web.DisposeAsync();
        _producer.Dispose();
    }

    private async Task ForwardAsync(HttpContext context, string topic, string signal)
    {
        using var body = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = new Headers { { SignalHeader, Encoding.UTF8.GetBytes(signal) } };
        if (context.Request.Headers.ContentEncoding is [{ } encoding, ..])
        {
            headers.Add("content-encoding", Encoding.UTF8.GetBytes(encoding));
        }

        try
        {
            await _producer.ProduceAsync(topic, new() { Value = body.ToArray(), Headers = headers }, context.RequestAborted);
        }
        catch (ProduceException<Null, byte[]>)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        Interlocked.Increment(ref _records);

        // An empty body is a whole Export…ServiceResponse: everything was taken.
        context.Response.ContentType = Protobuf;
        context.Response.ContentLength = 0;
    }
}
