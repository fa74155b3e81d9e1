using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>What a browser talks to: shows products and takes orders.</summary>
internal sealed class Frontend(ShopTelemetry telemetry, Checkout checkout)
{
    private static readonly string[] ProductTags = ["sale", "größe-m", "新着"];

    private readonly ILogger _log = telemetry.Loggers.CreateLogger<Frontend>();
    private readonly UpDownCounter<int> _active = telemetry.Meter.CreateUpDownCounter<int>(
        "http.server.active_requests", "{request}", "Requests that are being served");

    private readonly Histogram<double> _duration = telemetry.Meter.CreateHistogram(
        "http.server.request.duration",
        "s",
        "Time that a request took",
        tags: [],
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1] });

    /// <summary>Serves one request of a made-up visitor.</summary>
    public Task VisitAsync(Random random, CancellationToken ct) => random.NextDouble() < 0.6
        ? ServeAsync("GET", "/products/{id}", (span, _) => ShowProductAsync(span, random, ct))
        : ServeAsync("POST", "/checkout", (span, order) => OrderAsync(span, order, ct));

    private async Task ServeAsync(string method, string route, Func<Activity?, string, Task<int>> serve)
    {
        var began = TimeProvider.System.GetTimestamp();
        var order = Guid.CreateVersion7().ToString("N");
        using var span = telemetry.Source.StartActivity($"{method} {route}", ActivityKind.Server);
        span?.SetTag("http.request.method", method).SetTag("http.route", route).SetTag("url.scheme", "https").SetTag("user_agent.original", "sample-shop/1.0");
        using var scope = _log.BeginScope(new Dictionary<string, object> { ["shop.order.id"] = order });
        _active.Add(1, new KeyValuePair<string, object?>("http.request.method", method));
        var status = await serve(span, order);
        span?.SetTag("http.response.status_code", status);
        if (status >= 500)
        {
            span?.SetStatus(ActivityStatusCode.Error);
        }

        var took = TimeProvider.System.GetElapsedTime(began);
        _active.Add(-1, new KeyValuePair<string, object?>("http.request.method", method));

        // Recorded while the span is current: that is what makes an exemplar.
        _duration.Record(took.TotalSeconds, new("http.request.method", method), new("http.route", route), new("http.response.status_code", status));
        _log.RequestAnswered(method, route, status, took.TotalMilliseconds);
    }

    private static async Task<int> ShowProductAsync(Activity? span, Random random, CancellationToken ct)
    {
        var product = random.Next(1000);
        span?.SetTag("shop.product.id", product).SetTag("shop.product.tags", ProductTags);
        await Task.Delay(random.Next(1, 8), ct);
        span?.AddEvent(new("product.rendered", tags: new() { ["cache.hit"] = product % 3 == 0, ["bytes"] = 2048L + product }));
        return product % 50 == 0 ? 404 : 200;
    }

    private async Task<int> OrderAsync(Activity? span, string order, CancellationToken ct)
    {
        try
        {
            var amount = await ShopCall.SendAsync(telemetry.Source, "Checkout/PlaceOrder", "checkout", headers => checkout.PlaceOrderAsync(order, headers, ct));
            span?.SetTag("shop.order.amount", amount / 100.0);
            return 200;
        }
        catch (ShopException)
        {
            return 502;
        }
    }
}
