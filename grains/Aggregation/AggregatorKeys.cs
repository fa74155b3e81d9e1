using Microsoft.Extensions.Options;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Grains.Aggregation;

/// <summary>
/// Which aggregator takes a service's rows of a partition. The shard depends on the partition alone, so a (service, topic, partition) has one writer at a time;
/// when the number of shards changes, the ledger fences the old one.
/// </summary>
internal sealed class AggregatorKeys(IOptions<AggregationOptions> options)
{
    /// <summary>The aggregator for rows of this service from this partition.</summary>
    public IServiceAggregatorGrain Get(IGrainFactory grains, string serviceName, int partition) =>
        grains.GetGrain<IServiceAggregatorGrain>(partition % options.Value.ShardsPerService, serviceName, grainClassNamePrefix: null);
}
