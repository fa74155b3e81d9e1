using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>Places orders: asks the cart what is in it, then has it paid.</summary>
internal sealed class Checkout(ShopTelemetry telemetry, Cart cart, Payment payment)
{
    /// <summary>The instrument that is aggregated into an exponential histogram.</summary>
    public const string OrderValue = "shop.order.value";

    private readonly ILogger _log = telemetry.Loggers.CreateLogger<Checkout>();
    private readonly Counter<long> _orders = telemetry.Meter.CreateCounter<long>("shop.orders", "{order}", "Orders by how they ended");
    private readonly Histogram<long> _value = telemetry.Meter.CreateHistogram<long>(OrderValue, "{cent}", "What orders were worth");

    /// <summary>Places one order.</summary>
    /// <returns>Its amount in cents.</returns>
    public async Task<long> PlaceOrderAsync(string order, IReadOnlyDictionary<string, string> headers, CancellationToken ct)
    {
        using var span = ShopCall.Receive(telemetry.Source, "Checkout/PlaceOrder", headers);
        span?.SetTag("shop.order.id", order);
        try
        {
            var items = await ShopCall.SendAsync(telemetry.Source, "Cart/Read", "cart", inner => cart.ReadAsync(order, inner, ct));
            var amount = items.Sum();
            span?.AddEvent(new("order.priced", tags: new() { ["items"] = items.Length, ["amount"] = amount }));
            await ShopCall.SendAsync(telemetry.Source, "Payment/Charge", "payment", inner => payment.ChargeAsync(order, amount, inner, ct));
            _value.Record(amount, new KeyValuePair<string, object?>("shop.currency", "EUR"));
            _orders.Add(1, new KeyValuePair<string, object?>("shop.order.outcome", "placed"));
            _log.OrderPlaced(order, amount);
            return amount;
        }
        catch (ShopException refused)
        {
            span?.AddException(refused).SetStatus(ActivityStatusCode.Error, "the order failed");
            _orders.Add(1, new KeyValuePair<string, object?>("shop.order.outcome", "failed"));
            _log.OrderFailed(refused, order);
            throw;
        }
    }
}
