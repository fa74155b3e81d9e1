using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Grains.Placement;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains;

/// <summary>Registers what the grains need beside the options and the sql project's services.</summary>
public static class GrainsServices
{
    /// <summary>One of each per silo.</summary>
    public static IServiceCollection AddOtelOrleansGrains(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PartitionTracker>();
        services.TryAddSingleton<DurabilityWatcher>();
        services.TryAddSingleton<AggregatorKeys>();
        services.TryAddSingleton<FlushHealth>();
        services.TryAddSingleton<LocalAggregators>();
        services.AddPlacementDirector<AggregatorPlacement, AggregatorPlacementDirector>();
        services.TryAddSingleton(s => new DimensionCache(limits: ValueLimits.Of(s.GetRequiredService<IOptions<DecodingOptions>>().Value)));
        services.TryAddSingleton(new RowArrayPool());
        // A decoder keeps its buffers between chunks; as many live as chunks are decoded at once.
        services.TryAddSingleton<ObjectPool<ChunkDecoder>>(s => new DefaultObjectPoolProvider().Create(new DecoderPolicy(s)));
        return services;
    }

    private sealed class DecoderPolicy(IServiceProvider services) : PooledObjectPolicy<ChunkDecoder>
    {
        public override ChunkDecoder Create() => ActivatorUtilities.CreateInstance<ChunkDecoder>(services);

        public override bool Return(ChunkDecoder obj) => true;
    }
}
