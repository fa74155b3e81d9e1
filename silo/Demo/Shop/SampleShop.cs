using OpenTelemetry.Metrics;

namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>
/// A sample application that is really instrumented: four services with an OpenTelemetry SDK each, so that what comes out is what users' services send.
/// </summary>
/// <remarks>frontend → checkout → cart, payment; payment settles in batches. Spans, events, exceptions, links, logs inside spans, every kind of metric.</remarks>
internal sealed class SampleShop : IDisposable
{
    /// <summary>A visitor takes up to 40 ms: ten visits a second are easy for one worker.</summary>
    private const double VisitsPerWorker = 10;

    private readonly ShopTelemetry[] _services;
    private readonly Frontend _frontend;

    /// <param name="otlp">The base address of an OTLP/HTTP receiver.</param>
    public SampleShop(Uri otlp)
    {
        var front = new ShopTelemetry("frontend", "2.3.1", otlp);
        var checkout = new ShopTelemetry("checkout", "1.14.0", otlp, views: meters => meters.AddView(
            Checkout.OrderValue, new Base2ExponentialBucketHistogramConfiguration { MaxSize = 40 }));
        var cart = new ShopTelemetry("cart", "0.9.7", otlp);
        var payment = new ShopTelemetry("payment", "3.0.0", otlp, MetricReaderTemporalityPreference.Delta);
        _services = [front, checkout, cart, payment];
        _frontend = new(front, new(checkout, new(cart), new(payment)));
    }

    /// <summary>Lets visitors come until cancelled; then returns without an exception.</summary>
    /// <param name="rate">Visits a second; each makes 1 or 7 spans and about as many log records.</param>
    /// <param name="ct">Ends it.</param>
    public Task RunAsync(double rate, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        var workers = (int)Math.Ceiling(rate / VisitsPerWorker);
        return Task.WhenAll(Enumerable.Range(0, workers).Select(number => WorkAsync(new(number), TimeSpan.FromSeconds(workers / rate), ct)));
    }

    /// <summary>Sends what is still waiting and ends the SDKs. Blocks while it does (a few seconds at most).</summary>
    public void Dispose()
    {
        foreach (var service in _services)
        {
            service.Dispose();
        }
    }

    private async Task WorkAsync(Random random, TimeSpan every, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(every);
        try
        {
            do
            {
                await _frontend.VisitAsync(random, ct);
            }
            while (await timer.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Asked to end: a visit that was cut off simply has no more spans, as when a visitor closes the page.
        }
    }
}
