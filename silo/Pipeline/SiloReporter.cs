using System.Reflection;
using Orleans.Runtime;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Placement;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Health;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>What this silo knows of the pipeline. Asks nobody, so that it can be told whatever is away.</summary>
internal sealed class SiloReporter(
    ILocalSiloDetails silo,
    IHostApplicationLifetime lifetime,
    DrainState drain,
    Readiness readiness,
    PostgresWatch postgres,
    KafkaTopicWatcher kafka,
    OwnedPartitions owned,
    PartitionTracker tracker,
    PausedPartitions pauses,
    LocalAggregators aggregators,
    Throughput throughput,
    TimeProvider time)
{
    private static readonly string? s_version = typeof(SiloReporter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>This silo's name in all reports.</summary>
    public string Name { get; } = silo.SiloAddress.Endpoint.ToString();

    public SiloReport Report(int maxBuffers, string? serviceName)
    {
        var ready = readiness.Report();
        var buffers = aggregators.Buffers();
        var partitions = Partitions(ready);
        var state = new SiloState(
            Name,
            drain.HasBegun ? SiloCondition.Leaving : lifetime.ApplicationStarted.IsCancellationRequested ? SiloCondition.Active : SiloCondition.Joining,
            ready.Ready,
            [.. ready.Reasons],
            postgres.Problem,
            postgres.IsSchemaWrong,
            kafka.Problem,
            partitions.Length,
            buffers.Count,
            ready.Partitions.Sum(p => p.UndurableBytes),
            _startedAt,
            s_version);
        return new SiloReport(
            state, partitions, buffers.Total(), [.. buffers.Where(b => serviceName is null || b.ServiceName == serviceName).MostPressing().Take(maxBuffers)], throughput.Signals(), throughput.FlushSeconds());
    }

    private PartitionState[] Partitions(ReadinessReport ready)
    {
        var read = ready.Partitions.ToDictionary(p => (p.Topic, p.Partition));
        var breaks = tracker.Sessions.ToDictionary(s => (s.Topic, s.Partition), s => s.LastBreak);
        return
        [
            .. owned.Partitions.Union(read.Keys).Select(key =>
            {
                var report = read.GetValueOrDefault(key);
                var lastBreak = breaks.GetValueOrDefault(key);
                return new PartitionState(
                    key.Topic, key.Partition, Name, report?.ResumePoint, report?.HighWatermark, report?.Lag, report?.LagSeconds, report?.UndurableBytes ?? 0,
                    pauses.IsKnownPaused(key.Topic, key.Partition), report is null ? "not opened yet" : report.Problem, lastBreak?.Reason, lastBreak?.At);
            }),
        ];
    }
}
