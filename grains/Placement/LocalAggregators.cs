using System.Collections.Concurrent;
using Orleans.Runtime;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Aggregation;

namespace OtelOrleans.Grains.Placement;

/// <summary>The aggregators of this silo, and their moving to others: an aggregator that moves flushes first, and its senders notice no more than a pause.</summary>
internal sealed class LocalAggregators(ILocalSiloDetails silo)
{
    private readonly ConcurrentDictionary<ServiceAggregatorGrain, bool> _aggregators = new();
    private volatile bool _leaving;

    /// <summary>How many there are.</summary>
    public int Count => _aggregators.Count;

    /// <summary>The silo is about to stop: nothing is to be placed here any more.</summary>
    public bool IsLeaving => _leaving;

    public void Add(ServiceAggregatorGrain aggregator) => _aggregators[aggregator] = true;

    public void Remove(ServiceAggregatorGrain aggregator) => _aggregators.TryRemove(aggregator, out _);

    /// <summary>What each of them has buffered.</summary>
    public IReadOnlyList<BufferState> Buffers() => [.. _aggregators.Keys.Select(a => a.State)];

    /// <summary>Moves those that belong on another of these silos. Returns how many; does not wait for them.</summary>
    public int MoveToOwners(IReadOnlyCollection<SiloAddress> silos)
    {
        var moved = 0;
        foreach (var aggregator in _aggregators.Keys)
        {
            var owner = AggregatorPlacement.Owner(aggregator.GrainContext.GrainId, silos);
            if (!owner.Equals(silo.SiloAddress) && aggregator.TryMoveTo(owner))
            {
                moved++;
            }
        }

        return moved;
    }

    /// <summary>The silo is about to stop: moves all of them to the others.</summary>
    public int Leave(IReadOnlyCollection<SiloAddress> others)
    {
        _leaving = true;
        return others.Count == 0 ? 0 : MoveToOwners(others);
    }
}
