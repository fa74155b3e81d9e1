using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>Charges cards, and settles several payments at a time in a trace of its own that links to theirs.</summary>
internal sealed class Payment(ShopTelemetry telemetry)
{
    private const int SettleAfter = 10;

    private readonly ILogger _log = telemetry.Loggers.CreateLogger<Payment>();
    private readonly List<ActivityContext> _unsettled = [];
    private readonly Counter<long> _charged = telemetry.Meter.CreateCounter<long>("shop.payments.amount", "{cent}", "What was charged");
    private readonly Histogram<double> _duration = telemetry.Meter.CreateHistogram<double>("shop.payment.duration", "ms", "Time that the card provider took");
    private int _calls;

    /// <summary>Charges an amount.</summary>
    /// <exception cref="ShopException">The card was refused: about one in twelve is.</exception>
    public async Task<bool> ChargeAsync(string order, long amount, IReadOnlyDictionary<string, string> headers, CancellationToken ct)
    {
        using var span = ShopCall.Receive(telemetry.Source, "Payment/Charge", headers);
        var scheme = amount % 2 == 0 ? "visa" : "girocard";
        span?.SetTag("shop.order.id", order).SetTag("payment.scheme", scheme).SetTag("payment.amount", amount);
        var began = TimeProvider.System.GetTimestamp();
        await AskProviderAsync(ct);
        var took = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
        _duration.Record(took, new KeyValuePair<string, object?>("payment.scheme", scheme));

        // The third charge fails for sure, so that even a short run shows an error.
        if (Interlocked.Increment(ref _calls) % 12 == 3)
        {
            var refused = new ShopException($"card of scheme {scheme} was refused: insufficient funds");
            span?.AddException(refused).SetStatus(ActivityStatusCode.Error, refused.Message).SetTag("error.type", nameof(ShopException));
            throw refused;
        }

        _charged.Add(amount, new KeyValuePair<string, object?>("payment.scheme", scheme));
        if (span is not null)
        {
            Settle(span.Context);
        }

        return true;
    }

    private async Task AskProviderAsync(CancellationToken ct)
    {
        using var span = telemetry.Source.StartActivity("POST", ActivityKind.Client);
        span?.SetTag("http.request.method", "POST").SetTag("url.full", "https://cards.example/charge").SetTag("http.response.status_code", 200);
        var wait = Random.Shared.Next(2, 25);
        await Task.Delay(wait, ct);
        if (wait > 20)
        {
            span?.AddEvent(new("slow", tags: new() { ["elapsed.ms"] = (double)wait }));
            _log.ProviderSlow(wait, 1);
        }
    }

    private void Settle(ActivityContext payment)
    {
        ActivityContext[] settled;
        lock (_unsettled)
        {
            _unsettled.Add(payment);
            if (_unsettled.Count < SettleAfter)
            {
                return;
            }

            settled = [.. _unsettled];
            _unsettled.Clear();
        }

        var links = settled.Select((context, i) => new ActivityLink(context, new() { ["batch.position"] = i }));

        // A root of its own: without this the settlement would hang below the payment that happened to be the tenth.
        var current = Activity.Current;
        Activity.Current = null;
        using (var span = telemetry.Source.StartActivity("settle", ActivityKind.Consumer, default(ActivityContext), links: links))
        {
            span?.SetTag("messaging.batch.message_count", settled.Length);
            _log.Settled(settled.Length);
        }

        Activity.Current = current;
    }
}
