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
    TopicIncarnations incarnations,
    PartitionTracker tracker,
    KafkaConsumerPool consumers,
    PartitionLags lags,
    IGrainFactory grains,
    AggregatorKeys aggregators,
    TimeProvider time,
    ILogger<ResumePoints> log) : BackgroundService
{
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SettlePoll = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<(string Topic, int Partition), long> _saved = [];
    private readonly SemaphoreSlim _saving = new(1, 1);

    /// <summary>Which life of the topic-partition is the latest that was read.</summary>
    public Task<TopicIncarnation> LatestAsync(string topic, int partition, string? topicId, CancellationToken cancellationToken) =>
        incarnations.LatestAsync(topic, partition, topicId, cancellationToken);

    /// <summary>First offset of the partition that is not durable; null if nothing of it was ever read.</summary>
    public ValueTask<ResumePoint?> LoadAsync(TopicIncarnation incarnation, CancellationToken cancellationToken) =>
        progress.LoadAsync(incarnation.StoredTopic, incarnation.Partition, cancellationToken);

    /// <summary>Notes offsets that Kafka no longer had when they were to be read.</summary>
    public Task RecordGapAsync(OffsetGap gap, CancellationToken cancellationToken) => gaps.RecordAsync(gap, cancellationToken);

    /// <summary>Offsets have started over: from now on the partition is stored under another name, and read from an offset; null: from the first there is.</summary>
    public async Task BeginAsync(TopicIncarnation incarnation, long? offset, CancellationToken cancellationToken)
    {
        if (offset is { } start)
        {
            await progress.BeginAsync(new ResumePoint(incarnation.StoredTopic, incarnation.Partition, start), cancellationToken);
        }

        await incarnations.BeginAsync(incarnation, cancellationToken);
    }

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
        long asked = 0;
        while (session is { IsOpen: true, UndurableBytes: > 0 } && (isDelivered || session.IsSettling)
            && time.GetElapsedTime(began) < SettleTimeout && !cancellationToken.IsCancellationRequested)
        {
            // Rows accepted since the last call wait for a flush of their own.
            if (asked == 0 || time.GetElapsedTime(asked) > FlushInterval)
            {
                asked = time.GetTimestamp();
                Flush(session);
            }

            await Task.Delay(SettlePoll, time, CancellationToken.None);
        }

        await SaveAsync([session], cancellationToken);
    }

    /// <summary>Has the aggregators flush what they hold of the session; does not wait for them.</summary>
    public void Flush(PartitionSession session)
    {
        foreach (var service in session.UndurableServices())
        {
            aggregators.Get(grains, service, session.Partition).FlushAsync().Ignore();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(SaveInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SaveAsync(tracker.Sessions, CancellationToken.None);
        }
    }

    /// <summary>Saves what has moved. Not at any price: a server that does not answer must not hold up a shutdown or a rebalance.</summary>
    private async Task SaveAsync(IEnumerable<PartitionSession> sessions, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(SaveTimeout);
        if (!await WaitForTurnAsync(deadline.Token))
        {
            return;
        }

        try
        {
            List<(string Topic, ResumePoint Point)> moved =
            [
                .. sessions.Select(s => (s.Topic, Point: s.Progress))
                    // A partition at its beginning is noted too, once Kafka has said that it begins there: from then on nothing of it may go missing unseen.
                    .Where(s => s.Point.NextOffset > _saved.GetValueOrDefault((s.Point.Topic, s.Point.Partition), -1)
                        && (s.Point.NextOffset > 0 || (lags.HighWatermark(s.Topic, s.Point.Partition) is not null && !lags.IsOutOfRange(s.Topic, s.Point.Partition)))),
            ];
            if (moved.Count == 0)
            {
                return;
            }

            await progress.SaveAsync(moved.ConvertAll(m => m.Point), deadline.Token);
            foreach (var (topic, point) in moved)
            {
                _saved[(point.Topic, point.Partition)] = point.NextOffset;
                consumers.Mirror(topic, point.Partition, point.NextOffset);
            }
        }
        catch (Exception e) when (SqlErrors.Classify(e) is not SqlErrorClass.None || e is OperationCanceledException)
        {
            SiloLog.ResumePointsNotSaved(log, SqlErrors.Describe(e));
        }
        finally
        {
            _saving.Release();
        }
    }

    private async Task<bool> WaitForTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _saving.WaitAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
