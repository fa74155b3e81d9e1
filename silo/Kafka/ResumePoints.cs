using System.Data.Common;
using Orleans.Runtime;
using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Loads and saves where partitions are to be read from. Saved about once a second and when a partition is given up; a stale one costs a replay that the aggregators drop,
/// never a row.
/// </summary>
internal sealed class ResumePoints(
    PartitionProgress progress,
    OffsetGaps gaps,
    PartitionTracker tracker,
    KafkaConsumerPool consumers,
    IGrainFactory grains,
    AggregatorKeys aggregators,
    TimeProvider time,
    ILogger<ResumePoints> log) : BackgroundService
{
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SettlePoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string Topic, int Partition), long> _saved = [];
    private readonly SemaphoreSlim _saving = new(1, 1);

    /// <summary>First offset of the partition that is not durable; null if nothing of it was ever read. Waits for Postgres as long as it takes.</summary>
    public Task<long?> LoadAsync(string topic, int partition, CancellationToken cancellationToken) =>
        RetryAsync(async () => await progress.LoadAsync(topic, partition, cancellationToken), cancellationToken);

    /// <summary>Notes offsets that Kafka no longer had when they were to be read. Waits for Postgres as long as it takes.</summary>
    public Task RecordGapAsync(OffsetGap gap, CancellationToken cancellationToken) => RetryAsync(() => gaps.RecordAsync(gap, cancellationToken), cancellationToken);

    /// <summary>
    /// The partition is being given up: has its rows flushed, waits a few seconds for what is under way, and saves the resume point. What does not get done is replayed by
    /// the next owner.
    /// </summary>
    /// <param name="session">The session; no more is polled for it.</param>
    /// <param name="isDelivered">Chunks that no decoder has taken yet are still being delivered, so that waiting for them makes sense.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task SettleAsync(PartitionSession session, bool isDelivered, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (session is { IsOpen: true, UndurableBytes: > 0 } && (isDelivered || session.IsSettling)
            && time.GetElapsedTime(began) < SettleTimeout && !cancellationToken.IsCancellationRequested)
        {
            foreach (var service in session.UndurableServices())
            {
                aggregators.Get(grains, service, session.Partition).FlushAsync().Ignore();
            }

            await Task.Delay(SettlePoll, time, CancellationToken.None);
        }

        await SaveAsync([session]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(SaveInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SaveAsync(tracker.Sessions);
        }
    }

    private async Task SaveAsync(IEnumerable<PartitionSession> sessions)
    {
        await _saving.WaitAsync();
        try
        {
            List<ResumePoint> points =
            [
                .. sessions.Select(s => new ResumePoint(s.Topic, s.Partition, s.ResumePoint))
                    // A partition at its beginning is noted too: once it was looked at, nothing of it may go missing unseen.
                    .Where(p => p.NextOffset > _saved.GetValueOrDefault((p.Topic, p.Partition), -1)),
            ];
            if (points.Count == 0)
            {
                return;
            }

            await progress.SaveAsync(points, CancellationToken.None);
            foreach (var point in points)
            {
                _saved[(point.Topic, point.Partition)] = point.NextOffset;
                consumers.Mirror(point.Topic, point.Partition, point.NextOffset);
            }
        }
        catch (DbException e)
        {
            SiloLog.ResumePointsNotSaved(log, SqlErrors.Describe(e));
        }
        finally
        {
            _saving.Release();
        }
    }

    private async Task<T> RetryAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await action();
            }
            catch (DbException e)
            {
                SiloLog.ResumePointsNotRead(log, SqlErrors.Describe(e));
                await Task.Delay(RetryDelay, time, cancellationToken);
            }
        }
    }
}
