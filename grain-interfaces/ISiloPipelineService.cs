using Orleans.Services;

namespace OtelOrleans.GrainInterfaces;

/// <summary>
/// One silo's part of <see cref="IPipelineGrain"/>; there is one in each silo, and only silos call it. However many services and partitions there are, asking the cluster takes one call to each silo.
/// </summary>
[Alias("otelorleans.ISiloPipelineService")]
public interface ISiloPipelineService : IGrainService
{
    /// <summary>What this silo knows; asks nobody.</summary>
    /// <param name="maxBuffers">Most buffers to list.</param>
    /// <param name="serviceName">List only this service's; null: all.</param>
    [Alias("Report"), ResponseTimeout("00:00:02")]
    Task<SiloReport> ReportAsync(int maxBuffers, string? serviceName);

    /// <summary>Has this silo's buffers flushed.</summary>
    [Alias("Flush"), ResponseTimeout("00:00:05")]
    Task<FlushReport> FlushAsync(string? serviceName);

    /// <summary>Which partitions are paused has changed: look now.</summary>
    [Alias("ReloadPauses"), ResponseTimeout("00:00:05")]
    Task ReloadPausesAsync();
}

/// <summary>What one silo knows of the pipeline.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Partitions">The partitions that are its to read.</param>
/// <param name="Totals">All its buffers.</param>
/// <param name="Buffers">Those that were asked for, in the order of <see cref="IPipelineGrain.ListBuffersAsync"/>.</param>
/// <param name="Signals">What it stored.</param>
/// <param name="FlushSeconds">How long its latest transactions took, seconds; of the last minute, 256 at most.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.SiloReport")]
public sealed record SiloReport(
    [property: Id(0)] SiloState Silo,
    [property: Id(1)] PartitionState[] Partitions,
    [property: Id(2)] BufferTotals Totals,
    [property: Id(3)] BufferState[] Buffers,
    [property: Id(4)] SignalThroughput[] Signals,
    [property: Id(5)] double[] FlushSeconds);
