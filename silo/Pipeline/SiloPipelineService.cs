using Orleans.Runtime;
using Orleans.Runtime.Services;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Placement;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>This silo, as the others ask it.</summary>
internal sealed class SiloPipelineService(
    GrainId id, global::Orleans.Runtime.Silo silo, ILoggerFactory logs, SiloReporter reporter, LocalAggregators aggregators, PostgresWatch postgres, IGrainFactory grains)
    : GrainService(id, silo, logs), ISiloPipelineService
{
    public Task<SiloReport> ReportAsync(int maxBuffers, string? serviceName) => Task.FromResult(reporter.Report(maxBuffers, serviceName));

    public async Task<FlushReport> FlushAsync(string? serviceName)
    {
        List<BufferState> before = [.. aggregators.Buffers().Where(b => serviceName is null || b.ServiceName == serviceName)];
        await Task.WhenAll(before.Select(b => grains.GetGrain<IServiceAggregatorGrain>(b.Shard, b.ServiceName, grainClassNamePrefix: null).FlushAsync()));
        var after = aggregators.Buffers().ToDictionary(b => (b.ServiceName, b.Shard));
        List<(BufferState Before, BufferState After)> flushed = [.. before.Where(b => after.ContainsKey((b.ServiceName, b.Shard))).Select(b => (b, after[(b.ServiceName, b.Shard)]))];
        return new FlushReport(
            before.Count,
            flushed.Sum(f => Math.Max(0, f.After.FlushedRows - f.Before.FlushedRows)),
            flushed.Sum(f => f.After.BufferedRows),
            [.. flushed.Where(f => f.After.LastError is not null).Select(f => $"{f.After.ServiceName}: {f.After.LastError}")]);
    }

    public Task ReloadPausesAsync() => postgres.AskAsync(CancellationToken.None);
}

/// <summary>How a silo asks another one.</summary>
internal sealed class SiloPipelineClient(IServiceProvider services) : GrainServiceClient<ISiloPipelineService>(services)
{
    public ISiloPipelineService Of(SiloAddress silo) => GetGrainService(silo);
}
