using Orleans.Runtime;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>
/// The pipeline of the whole cluster, as this silo sees it: its own report, and one call to each other silo. Works while the silo has not joined its cluster, and waits for nobody longer than
/// <see cref="Patience"/>.
/// </summary>
internal sealed class PipelineReader(
    SiloReporter local, SiloPipelineClient client, ClusterSilos cluster, KafkaQueueMapper partitions, LedgerFacts ledger, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>How long another silo has to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Calls to other silos since this one was started.</summary>
    public long Calls => Volatile.Read(ref _calls);

    private long _calls;

    /// <summary>Everything, and the most pressing buffers.</summary>
    public async Task<(PipelineState State, BufferState[] Buffers)> ReadAsync(int maxBuffers, string? serviceName = null)
    {
        var letters = ledger.DeadLettersAsync();
        var reports = await ReportsAsync(maxBuffers, serviceName);
        var all = Partitions(reports);
        SiloState[] silos = [.. reports.Select(r => r.Silo).Concat(cluster.Dead().Select(Gone)).OrderBy(s => s.Silo, StringComparer.Ordinal)];
        SignalThroughput[] signals = [.. reports.SelectMany(r => r.Signals).GroupBy(s => s.Signal).Select(Sum)];
        var totals = reports.Select(r => r.Totals).Total();
        var (health, summary) = PipelineVerdict.Of(silos, all, signals, totals);
        var dead = await letters;
        var state = new PipelineState(time.GetUtcNow(), health, summary, silos, all, signals, Latency(reports), totals, dead?.Value ?? [], dead?.At);
        return (state, [.. reports.SelectMany(r => r.Buffers).MostPressing().Take(maxBuffers)]);
    }

    /// <summary>All buffers, and after them the services that only the ledger knows.</summary>
    public async Task<BufferState[]> BuffersAsync(string? serviceName)
    {
        var services = ledger.ServicesAsync();
        List<BufferState> active = [.. (await ReportsAsync(int.MaxValue, serviceName)).SelectMany(r => r.Buffers).MostPressing()];
        var names = active.Select(b => b.ServiceName).ToHashSet();
        var idle = (await services)?.Value.Where(s => !names.Contains(s.ServiceName) && (serviceName is null || s.ServiceName == serviceName)) ?? [];
        return [.. active, .. idle.Select(s => new BufferState(s.ServiceName, 0, "", 0, 0, null, 0, 0, s.At, null))];
    }

    /// <summary>Calls each other silo, side by side; what one throws is handed to <paramref name="failed"/>.</summary>
    public async Task<T[]> AskOthersAsync<T>(Func<ISiloPipelineService, Task<T>> ask, Func<string, SiloStatus, Exception, T> failed, TimeSpan patience)
    {
        // Before this silo is a member it can call nobody.
        var others = lifetime.ApplicationStarted.IsCancellationRequested ? cluster.Others() : [];
        return await Task.WhenAll(others.Select(async other =>
        {
            try
            {
                Interlocked.Increment(ref _calls);
                return await ask(client.Of(other.Silo)).WaitAsync(patience, time);
            }
            catch (Exception e)
            {
                // Frozen, dying, of an older version: whatever a call to another silo can end with is told, not thrown.
                return failed(other.Silo.Endpoint.ToString(), other.Status, e);
            }
        }));
    }

    private async Task<SiloReport[]> ReportsAsync(int maxBuffers, string? serviceName) =>
    [
        local.Report(maxBuffers, serviceName),
        .. await AskOthersAsync(silo => silo.ReportAsync(maxBuffers, serviceName), Unanswered, Patience),
    ];

    private static SiloReport Unanswered(string silo, SiloStatus status, Exception e) => new(
        new SiloState(
            silo, status == SiloStatus.Active ? SiloCondition.Silent : SiloCondition.Leaving, false, [e is TimeoutException ? $"has not answered within {Patience.TotalSeconds:0} s" : e.Message],
            null, false, null, 0, 0, 0, null, null),
        [], new BufferTotals(0, 0, 0, null, null, 0, null), [], [], []);

    private static SiloState Gone((SiloAddress Silo, DateTimeOffset At) dead) => new(
        dead.Silo.Endpoint.ToString(), SiloCondition.Gone, false, [$"found dead at {dead.At:HH:mm:ss} UTC"], null, false, null, 0, 0, 0, null, null);

    private PartitionState[] Partitions(SiloReport[] reports)
    {
        // While partitions move two silos may report one: the one that reads it counts.
        var reported = reports.SelectMany(r => r.Partitions).GroupBy(p => (p.Topic, p.Partition)).ToDictionary(g => g.Key, g => g.MaxBy(p => p.ResumePoint ?? -1)!);
        var silent = Array.Find(reports, r => r.Silo.Condition == SiloCondition.Silent);
        return
        [
            .. partitions.GetAllQueues().Select(KafkaQueueMapper.PartitionOf).Union(reported.Keys)
                .OrderBy(p => p.Topic, StringComparer.Ordinal).ThenBy(p => p.Partition)
                .Select(p => reported.GetValueOrDefault(p)
                    ?? new PartitionState(p.Topic, p.Partition, null, null, null, null, null, 0, false, silent is null ? "no silo reads it" : "its silo does not answer", null, null)),
        ];
    }

    private static SignalThroughput Sum(IGrouping<Signal, SignalThroughput> signal) => signal.Aggregate((x, y) => new(
        x.Signal, x.Rows + y.Rows, x.RowsPerSecond + y.RowsPerSecond, [.. x.LastMinute.Zip(y.LastMinute, (a, b) => a + b)]));

    private static FlushLatency Latency(SiloReport[] reports)
    {
        double[] seconds = [.. reports.SelectMany(r => r.FlushSeconds).Order()];
        return new(seconds.Length, At(0.5), At(0.95), seconds.Length == 0 ? null : seconds[^1]);

        double? At(double share) => seconds.Length == 0 ? null : seconds[(int)Math.Ceiling(share * seconds.Length) - 1];
    }
}
