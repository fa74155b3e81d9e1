using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Silo.Health;

/// <summary>One partition as this silo reads it.</summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="ResumePoint">First offset that is not durable.</param>
/// <param name="HighWatermark">Offset after the newest record; null before Kafka's first answer.</param>
/// <param name="Lag">Records from one to the other; null before Kafka's first answer.</param>
/// <param name="UndurableBytes">Payload bytes read and not committed.</param>
/// <param name="SecondsSinceMoved">Since the resume point moved last.</param>
/// <param name="LagSeconds">Age of the oldest record that is not durable, by Kafka's timestamp; null if it is not known.</param>
/// <param name="Paused">A person has paused the partition: it does not count as stuck.</param>
/// <param name="Problem">Why the partition counts as stuck; null if it does not.</param>
internal sealed record PartitionReport(
    string Topic, int Partition, long ResumePoint, long? HighWatermark, long? Lag, double? LagSeconds, long UndurableBytes, double SecondsSinceMoved, bool Paused, string? Problem);

/// <summary>Whether this silo makes progress.</summary>
/// <param name="Ready">Each partition it reads is at its end or has moved lately, and nothing it needs is missing.</param>
/// <param name="Reasons">Why it is not ready, a line each.</param>
/// <param name="Partitions">The partitions it reads.</param>
internal sealed record ReadinessReport(bool Ready, IReadOnlyList<string> Reasons, IReadOnlyList<PartitionReport> Partitions);

/// <summary>Ready means progress. Asks nobody: everything is known in this silo.</summary>
internal sealed class Readiness(
    PostgresStartup startup,
    IHostApplicationLifetime lifetime,
    DrainState drain,
    KafkaTopicWatcher topics,
    OwnedPartitions owned,
    PartitionTracker tracker,
    PartitionLags lags,
    PausedPartitions pauses,
    FlushHealth flushes,
    KafkaClientLog kafka,
    TimeProvider time)
{
    /// <summary>A partition that is behind and has not moved for so long is stuck. Longer than a flush interval and a failover, shorter than a pager's patience.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    public ReadinessReport Report()
    {
        var reasons = new List<string>();
        if (startup.WaitingFor is { } waitingFor)
        {
            reasons.Add($"waiting for Postgres: {waitingFor}");
        }

        else if (!lifetime.ApplicationStarted.IsCancellationRequested)
        {
            reasons.Add("joining the cluster");
        }

        if (drain.HasBegun)
        {
            reasons.Add("shutting down");
        }

        if (topics.Missing is not { } missing)
        {
            reasons.Add($"no answer from Kafka yet{(kafka.Last is { } last ? $": {last.Error.Reason}" : "")}");
        }
        else
        {
            reasons.AddRange(missing.Select(topic => $"topic {topic} does not exist"));
        }

        reasons.AddRange(flushes.Failing.Select(f => $"rows of {f.Key} cannot be written: {f.Value}"));
        List<PartitionReport> partitions = [.. tracker.Sessions.OrderBy(s => s.Topic, StringComparer.Ordinal).ThenBy(s => s.Partition).Select(Report)];
        reasons.AddRange(owned.Partitions.Where(o => !partitions.Exists(p => p.Topic == o.Topic && p.Partition == o.Partition)).Select(o => $"{o.Topic}/{o.Partition}: not opened yet"));
        reasons.AddRange(partitions.Where(p => p.Problem is not null).Select(p => $"{p.Topic}/{p.Partition}: {p.Problem}"));
        return new ReadinessReport(reasons.Count == 0, reasons, partitions);
    }

    private PartitionReport Report(PartitionSession session)
    {
        var resumePoint = session.ResumePoint;
        var high = lags.HighWatermark(session.Topic, session.Partition);
        var lag = high - resumePoint;
        var since = session.SinceMoved;
        var paused = pauses.IsKnownPaused(session.Topic, session.Partition);
        // What did not move during a pause has its time anew.
        var standing = pauses.SinceResumed(session.Topic, session.Partition) is { } resumed && resumed < since ? resumed : since;
        var problem = lags.IsOutOfRange(session.Topic, session.Partition) ? "Kafka does not have the offset to go on from; see the log"
            : paused || standing <= Bound ? null
            : lag is null ? $"no answer from Kafka for {since.TotalSeconds:0} s"
            : lag > 0 ? $"{lag} records behind and not moved for {since.TotalSeconds:0} s"
            : null;
        return new PartitionReport(
            session.Topic, session.Partition, resumePoint, high, lag is { } l ? Math.Max(l, 0) : null, LagSeconds(session, lag), session.UndurableBytes, Math.Round(since.TotalSeconds, 1), paused, problem);
    }

    private double? LagSeconds(PartitionSession session, long? lag) =>
        (session.OldestUndurableUnixMs ?? lags.OldestUnixMs(session.Topic, session.Partition)) is { } oldest
            ? Math.Round(Math.Max(0, (time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(oldest)).TotalSeconds), 1)
            : lag <= 0 ? 0 : null;
}
