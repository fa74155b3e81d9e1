using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace OtelOrleans.Grains.Placement;

/// <summary>Aggregators are spread over the silos by a hash of their key. Orleans' own strategies leave all of them on the silo that was up first.</summary>
[GenerateSerializer, Immutable, Alias("otelorleans.AggregatorPlacement")]
internal sealed class AggregatorPlacement : PlacementStrategy
{
    /// <summary>The silo that an aggregator belongs on.</summary>
    public static SiloAddress Owner(GrainId aggregator, IReadOnlyCollection<SiloAddress> silos)
    {
        var key = aggregator.GetUniformHashCode();
        return silos.MaxBy(s => RendezvousHash.Score(key, (uint)s.GetConsistentHashCode())) ?? throw new InvalidOperationException("There is no silo to place an aggregator on.");
    }
}

/// <summary>Puts <see cref="AggregatorPlacement"/> on a grain class.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class AggregatorPlacementAttribute() : PlacementAttribute(new AggregatorPlacement());

/// <summary>Where a new activation goes: to where it was moved, else to its owner. Not to this silo once that is about to leave.</summary>
internal sealed class AggregatorPlacementDirector(LocalAggregators local, ILocalSiloDetails silo) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (local.IsLeaving && silos.Length > 1)
        {
            silos = [.. silos.Where(s => !s.Equals(silo.SiloAddress))];
        }

        return Task.FromResult(IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) ?? AggregatorPlacement.Owner(target.GrainIdentity, silos));
    }
}
