using System.Collections.Concurrent;

namespace OtelOrleans.Grains.Aggregation;

/// <summary>Which aggregators of this silo cannot flush at present, and why. A singleton; asked by readiness and by the pipeline page.</summary>
public sealed class FlushHealth
{
    private readonly ConcurrentDictionary<string, string> _failing = new();

    /// <summary>Service name and reason of each aggregator whose last flush failed.</summary>
    public IReadOnlyDictionary<string, string> Failing => _failing;

    internal void Failed(string serviceName, string reason) => _failing[serviceName] = reason;

    internal void Succeeded(string serviceName) => _failing.TryRemove(serviceName, out _);
}
