using System.Collections.Concurrent;
using Orleans.Runtime;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>The other silos: those that are members, and those that were found dead lately. One that left in order is missed by nobody.</summary>
internal sealed class ClusterSilos(ISiloStatusOracle membership, TimeProvider time) : BackgroundService, ISiloStatusListener
{
    /// <summary>How long a dead silo is shown: long enough to be seen, and looked into.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<SiloAddress, SiloStatus> _last = new();
    private readonly ConcurrentDictionary<SiloAddress, DateTimeOffset> _dead = new();

    /// <summary>The members but this one, those on their way in or out included.</summary>
    public IReadOnlyList<(SiloAddress Silo, SiloStatus Status)> Others() =>
    [
        .. membership.GetApproximateSiloStatuses().Where(s => !s.Key.Equals(membership.SiloAddress) && s.Value is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping)
            .Select(s => (s.Key, s.Value)),
    ];

    /// <summary>Silos that died, and when that was seen, unless another process has taken their place.</summary>
    public IReadOnlyList<(SiloAddress Silo, DateTimeOffset At)> Dead()
    {
        var now = time.GetUtcNow();
        var living = membership.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(s => s.Endpoint).ToHashSet();
        foreach (var old in _dead.Where(d => now - d.Value > Remembered))
        {
            _dead.TryRemove(old);
        }

        return [.. _dead.Where(d => !living.Contains(d.Key.Endpoint)).GroupBy(d => d.Key.Endpoint).Select(g => g.MaxBy(d => d.Value)).Select(d => (d.Key, d.Value))];
    }

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status == SiloStatus.Dead && _last.TryGetValue(updatedSilo, out var before) && before is SiloStatus.Active or SiloStatus.Joining)
        {
            _dead[updatedSilo] = time.GetUtcNow();
        }

        _last[updatedSilo] = status;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        membership.SubscribeToSiloStatusEvents(this);
        return Task.CompletedTask;
    }
}
