using System.Globalization;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>
/// Whether data flows, in one sentence. Of all that is wrong the cause is named, not what follows from it: Postgres before the rows that wait for it, a silo before its partitions.
/// </summary>
internal static class PipelineVerdict
{
    /// <summary>A partition whose oldest record is older than this is late.</summary>
    private const double LateSeconds = 30;

    public static (PipelineHealth Health, string Summary) Of(
        IReadOnlyList<SiloState> silos, IReadOnlyList<PartitionState> partitions, IReadOnlyList<SignalThroughput> signals, BufferTotals buffers)
    {
        List<SiloState> answering = [.. silos.Where(s => s.Condition is not (SiloCondition.Silent or SiloCondition.Gone))];
        List<SiloState> silent = [.. silos.Where(s => s.Condition == SiloCondition.Silent)];
        List<SiloState> gone = [.. silos.Where(s => s.Condition == SiloCondition.Gone)];
        var rate = signals.Sum(s => s.RowsPerSecond);
        var flow = rate > 0 ? $"{Number(rate)} rows/s are stored" : "nothing is stored at the moment";

        if (answering.Find(s => s.IsSchemaWrong) is { } wrong)
        {
            return (PipelineHealth.Stopped, $"The schema is wrong, rows wait: {wrong.PostgresProblem}");
        }

        if (Away(answering, s => s.PostgresProblem) is var (withoutPostgres, postgres))
        {
            return withoutPostgres == answering.Count
                ? (PipelineHealth.Stopped, $"Postgres is away, nothing is stored. {Bytes(answering.Sum(s => s.UndurableBytes))} wait in the silos, the rest in Kafka. {postgres}")
                : (PipelineHealth.Degraded, $"{withoutPostgres} of {answering.Count} silos cannot reach Postgres, {flow}. {postgres}");
        }

        if (Away(answering, s => s.KafkaProblem) is var (withoutKafka, kafka))
        {
            return withoutKafka == answering.Count
                ? (PipelineHealth.Stopped, $"Kafka is away, nothing new is read: {kafka}")
                : (PipelineHealth.Degraded, $"{withoutKafka} of {answering.Count} silos cannot reach Kafka, {flow}: {kafka}");
        }

        if (buffers.Failing > 0)
        {
            return (rate > 0 ? PipelineHealth.Degraded : PipelineHealth.Stopped, $"Rows of {Count(buffers.Failing, "service")} cannot be written, {flow}. {buffers.FirstError}");
        }

        if (silent.Count > 0)
        {
            return (PipelineHealth.Degraded, $"Silo {silent[0].Silo} does not answer{Others(silent.Count)}, {flow}");
        }

        var unread = partitions.Count(p => p.Silo is null);
        if (unread > 0)
        {
            return (unread == partitions.Count ? PipelineHealth.Stopped : PipelineHealth.Degraded,
                $"{Count(unread, "partition")} of {partitions.Count} are read by no silo{(gone.Count > 0 ? $" since {gone[0].Silo} is gone" : "")}, {flow}");
        }

        List<PartitionState> stuck = [.. partitions.Where(p => p.Problem is not null)];
        if (stuck.Count > 0)
        {
            return (stuck.Count == partitions.Count ? PipelineHealth.Stopped : PipelineHealth.Degraded, $"{Name(stuck[0])}: {stuck[0].Problem}{Others(stuck.Count)}, {flow}");
        }

        if (answering.Find(s => !s.IsReady && s.Reasons.Length > 0) is { } notReady)
        {
            return (partitions.Count == 0 ? PipelineHealth.Stopped : PipelineHealth.Degraded, $"Silo {notReady.Silo} is not ready: {notReady.Reasons[0]}");
        }

        List<PartitionState> paused = [.. partitions.Where(p => p.IsPaused)];
        if (paused.Count > 0)
        {
            return paused.Count == partitions.Count
                ? (PipelineHealth.Stopped, "All partitions are paused")
                : (PipelineHealth.Degraded, $"{Name(paused[0])} is paused{Others(paused.Count)}, {flow}");
        }

        if (gone.Count > 0)
        {
            return (PipelineHealth.Degraded, $"Silo {gone[0].Silo} is gone{Others(gone.Count)}, its partitions have moved, {flow}");
        }

        if (partitions.MaxBy(p => p.LagSeconds) is { LagSeconds: > LateSeconds } late)
        {
            return (PipelineHealth.Degraded, $"{char.ToUpperInvariant(flow[0])}{flow[1..]}, but {Name(late)} is {Number(late.LagSeconds.Value)} s behind");
        }

        return rate > 0
            ? (PipelineHealth.Flowing, $"Data flows: {flow}{(partitions.Max(p => p.LagSeconds) is { } lag ? $", at most {lag.ToString("0.0", CultureInfo.InvariantCulture)} s behind Kafka" : "")}")
            : (PipelineHealth.Idle, partitions.Any(p => p.LagRecords > 0) ? "Rows wait to be flushed" : "All that Kafka has is stored, nothing new arrives");
    }

    private static (int Silos, string Problem)? Away(List<SiloState> silos, Func<SiloState, string?> problem) =>
        silos.Count(s => problem(s) is not null) is > 0 and var away ? (away, problem(silos.Find(s => problem(s) is not null)!)!) : null;

    private static string Name(PartitionState partition) => $"{partition.Topic}/{partition.Partition}";

    private static string Others(int all) => all > 1 ? $" (and {all - 1} more)" : "";

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";

    private static string Number(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => bytes < 1 << 20 ? $"{bytes >> 10} KiB" : $"{bytes >> 20} MiB";
}
