using System.Diagnostics.Metrics;

namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>Keeps what visitors chose.</summary>
internal sealed class Cart
{
    private readonly ShopTelemetry _telemetry;
    private readonly ILogger _log;
    private readonly Gauge<double> _fill;
    private int _open;

    public Cart(ShopTelemetry telemetry)
    {
        _telemetry = telemetry;
        _log = telemetry.Loggers.CreateLogger<Cart>();
        _fill = telemetry.Meter.CreateGauge<double>("shop.cart.fill", "1", "How full the last cart was");
        telemetry.Meter.CreateObservableUpDownCounter("shop.cart.open", () => Volatile.Read(ref _open), "{cart}", "Carts being read");
        telemetry.Meter.CreateObservableGauge("process.memory.usage", () => Environment.WorkingSet, "By", "Resident memory");
    }

    /// <summary>Reads a cart.</summary>
    /// <returns>The price of each item in cents.</returns>
    public async Task<long[]> ReadAsync(string cart, IReadOnlyDictionary<string, string> headers, CancellationToken ct)
    {
        using var span = ShopCall.Receive(_telemetry.Source, "Cart/Read", headers);
        Interlocked.Increment(ref _open);
        try
        {
            await Task.Delay(Random.Shared.Next(1, 5), ct);
            var prices = new long[Random.Shared.Next(1, 6)];
            for (var i = 0; i < prices.Length; i++)
            {
                prices[i] = Random.Shared.Next(99, 20_000);
            }

            _fill.Record(prices.Length / 5.0);
            span?.SetTag("shop.cart.id", cart).SetTag("shop.cart.prices", prices);
            _log.CartRead(cart, prices.Length);
            return prices;
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
