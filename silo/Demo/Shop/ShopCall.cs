using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;

namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>
/// A call from one service of the shop to another. The trace travels in W3C headers, as it would over a network: the callee knows its caller by nothing else.
/// </summary>
internal static class ShopCall
{
    private static readonly TraceContextPropagator Propagator = new();

    /// <summary>Runs a call inside a client span of the caller.</summary>
    public static async Task<T> SendAsync<T>(ActivitySource caller, string method, string callee, Func<IReadOnlyDictionary<string, string>, Task<T>> call)
    {
        using var span = caller.StartActivity(method, ActivityKind.Client);
        span?.SetTag("rpc.system.name", "in_process").SetTag("rpc.method", method).SetTag("server.address", callee);
        var headers = new Dictionary<string, string>();
        if (span is not null)
        {
            Propagator.Inject(new PropagationContext(span.Context, Baggage.Current), headers, (into, name, value) => into[name] = value);
        }

        try
        {
            return await call(headers);
        }
        catch (ShopException refused)
        {
            span?.SetStatus(ActivityStatusCode.Error, refused.Message).SetTag("error.type", refused.GetType().Name);
            throw;
        }
    }

    /// <summary>Starts the server span of the callee.</summary>
    public static Activity? Receive(ActivitySource callee, string method, IReadOnlyDictionary<string, string> headers)
    {
        var parent = Propagator.Extract(default, headers, (from, name) => from.TryGetValue(name, out var value) ? [value] : []);
        return callee.StartActivity(method, ActivityKind.Server, parent.ActivityContext);
    }
}
