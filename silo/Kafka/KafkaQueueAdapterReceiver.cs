using Orleans.Runtime;
using Orleans.Streams;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Reads one topic-partition, from the resume point that Postgres knows: a session after the other. Acknowledges nothing to Kafka; what is durable, the session learns from
/// the aggregators. Called by one pulling agent, one call at a time, but for <see cref="Shutdown(TimeSpan)"/>.
/// </summary>
internal sealed class KafkaQueueAdapterReceiver(string topic, int partition, KafkaReceiverServices services) : IQueueAdapterReceiver, IDisposable
{
    private static readonly TimeSpan OpenInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastBackoff = TimeSpan.FromSeconds(5);

    private readonly StreamId _streamId = StreamId.Create(IDecoderGrain.StreamNamespace, $"{topic}/{partition}");
    private readonly CancellationTokenSource _closing = new();
    private PartitionSession? _session;
    private PartitionBuffer? _buffer;
    private TimeSpan _backoff = FirstBackoff;
    private long _brokenAt;
    private long _triedAt;
    private long _sequence;
    private TopicIncarnation _incarnation;
    private long? _askedAnew;
    private bool _neverRead;
    private bool _stoppedByGap;

    /// <summary>Called once, and a failure would be for ever: the partition is opened by the first poll that can.</summary>
    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        if (_closing.IsCancellationRequested || services.Drain.HasBegun)
        {
            return [];
        }

        if (_session is not { } session || _buffer is not { } buffer)
        {
            await OpenAsync();
            return [];
        }

        if (_incarnation.IsAnother(services.TopicIds.Of(topic)))
        {
            // Opened again, the partition is found to be of another topic.
            Reopen(session, buffer, "the topic was made anew");
            return [];
        }

        BreakIfStuck(session);
        if (!session.IsOpen)
        {
            Restart(session, buffer);
            return [];
        }

        // First everything that was read becomes durable; then the gap begins where reading ended.
        if (buffer is { OutOfRange: { } range, Bytes: 0 } && session.UndurableBytes == 0)
        {
            await GapAsync(session, buffer, range, cancellationToken);
            return [];
        }

        if (services.Pauses.IsPaused(topic, partition)
            || !services.Tracker.HasCredit(session)
            || buffer.TryTake(services.Options.MaxChunkRecords, services.Options.MaxChunkBytes, out var bytes) is not { } records)
        {
            return [];
        }

        return [new KafkaBatchContainer(_streamId, new KafkaSequenceToken(++_sequence), session.Polled(records, bytes))];
    }

    /// <summary>Means "the decoder has returned", not "it is stored", and does not come for all: says nothing to us.</summary>
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task Shutdown(TimeSpan timeout) => Shutdown(timeout, CancellationToken.None);

    public async Task Shutdown(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        await _closing.CancelAsync();
        if (_session is { } session && _buffer is { } buffer)
        {
            await services.ResumePoints.SettleAsync(session, isDelivered: false, cancellationToken);
            services.Consumers.Close(buffer);
            services.Tracker.Close(session);
            services.Lags.Forget(topic, partition);
            SiloLog.PartitionClosed(services.Log, topic, partition, session.ResumePoint, session.UndurableBytes);
        }

        Dispose();
    }

    public void Dispose() => _closing.Dispose();

    /// <summary>Without the resume point there is nothing to read: tried again and again while Postgres is away, but not at every poll.</summary>
    private async Task OpenAsync()
    {
        if (_stoppedByGap || (_triedAt != 0 && services.Time.GetElapsedTime(_triedAt) < OpenInterval))
        {
            return;
        }

        _triedAt = services.Time.GetTimestamp();
        try
        {
            var topicId = services.TopicIds.Of(topic);
            _incarnation = await services.ResumePoints.LatestAsync(topic, partition, topicId, _closing.Token);
            var saved = await services.ResumePoints.LoadAsync(_incarnation, _closing.Token);
            if (_incarnation.IsAnother(topicId))
            {
                var reason = $"the topic was made anew (its id was {_incarnation.TopicId} and is {topicId}): whatever the old one held from here on is gone";
                await BeginAnewAsync(new OffsetGap(_incarnation.StoredTopic, partition, saved?.NextOffset ?? 0, saved?.NextOffset ?? 0, reason), topicId, null);
                return;
            }

            _neverRead = saved is null;
            var from = saved ?? new ResumePoint(_incarnation.StoredTopic, partition, 0);
            Begin(from, services.Consumers.Open(topic, partition, from.NextOffset));
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Given up before Postgres answered: nothing was begun.
        }
        catch (Exception e) when (SqlErrors.Classify(e) is not SqlErrorClass.None)
        {
            SiloLog.PartitionNotOpened(services.Log, topic, partition, SqlErrors.Describe(e));
        }
    }

    private void Begin(ResumePoint from, PartitionBuffer buffer)
    {
        _buffer = buffer;
        _session = services.Tracker.Open(topic, from);
        _askedAnew = null;
        services.Lags.Watch(topic, partition, buffer);
        SiloLog.PartitionOpened(services.Log, topic, partition, from.NextOffset);
    }

    /// <summary>A chunk that Orleans dropped or that no decoder came to take, or rows that an aggregator has accepted and does not flush.</summary>
    private void BreakIfStuck(PartitionSession session)
    {
        var stalled = session.Stalled();
        if (stalled > services.Flow.StallTimeout)
        {
            services.ResumePoints.Flush(session);
            if (session.Break(BreakCause.Stalled, $"nothing became durable within {services.Flow.StallTimeout}"))
            {
                SiloLog.Stalled(services.Log, topic, partition, session.ResumePoint, stalled);
            }
        }

        var waited = session.OldestUnsent();
        if (waited > services.Flow.DeliveryTimeout && session.Break(BreakCause.Undelivered, $"a chunk was not taken by the aggregators within {services.Flow.DeliveryTimeout}"))
        {
            SiloLog.Undelivered(services.Log, topic, partition, session.ResumePoint, waited);
        }
    }

    /// <summary>Opens the next session once the back-off is over. It grows as long as sessions break without having moved the resume point.</summary>
    private void Restart(PartitionSession session, PartitionBuffer buffer)
    {
        if (_brokenAt == 0)
        {
            _brokenAt = services.Time.GetTimestamp();
        }

        if (services.Time.GetElapsedTime(_brokenAt) < _backoff)
        {
            return;
        }

        var from = session.Progress;
        _brokenAt = 0;
        _backoff = session.HasMoved ? FirstBackoff : TimeSpan.FromTicks(Math.Min(_backoff.Ticks * 2, LastBackoff.Ticks));
        Begin(from, services.Consumers.Seek(buffer, from.NextOffset));
    }

    /// <summary>Kafka does not have the resume point. Never passed over in silence.</summary>
    private async Task GapAsync(PartitionSession session, PartitionBuffer buffer, (long Low, long High) range, CancellationToken cancellationToken)
    {
        if (_stoppedByGap)
        {
            return;
        }

        var progress = session.Progress;
        var from = progress.NextOffset;
        if (from > range.High)
        {
            await StartedOverAsync(session, buffer, from, range.High);
            return;
        }

        if (from >= range.Low)
        {
            // Was out of range when asked, is not any more.
            Begin(progress, services.Consumers.Seek(buffer, from));
            return;
        }

        if (_neverRead && from == 0)
        {
            // The first run over this partition begins at the earliest record there is.
            Begin(progress with { NextOffset = range.Low }, services.Consumers.Seek(buffer, range.Low));
            return;
        }

        try
        {
            await services.ResumePoints.RecordGapAsync(new OffsetGap(session.StoredTopic, partition, from, range.Low, "offsets deleted before they were read"), cancellationToken);
        }
        catch (Exception e) when (SqlErrors.Classify(e) is not SqlErrorClass.None)
        {
            // The next poll tries again: nothing is passed over before it is written down.
            SiloLog.PartitionNotOpened(services.Log, topic, partition, SqlErrors.Describe(e));
            return;
        }

        if (services.Options.OnGap == GapPolicy.Fail)
        {
            _stoppedByGap = true;
            SiloLog.StoppedByGap(services.Log, topic, partition);
            return;
        }

        session.Break(BreakCause.OffsetsGone, "Kafka no longer has the resume point");
        Begin(progress with { NextOffset = range.Low }, services.Consumers.Seek(buffer, range.Low));
    }

    /// <summary>
    /// Kafka's log ends before the resume point. Either the topic was made anew, which its id tells, or its log was cut back and is written on with other records under the
    /// same offsets. Where there is no id, nobody but a person can tell which.
    /// </summary>
    private async Task StartedOverAsync(PartitionSession session, PartitionBuffer buffer, long from, long high)
    {
        // The ids may be older than the topic: two look-ups later, at least one began after the gap was seen.
        if (_askedAnew is null)
        {
            _askedAnew = services.TopicIds.LookUps + 2;
        }

        if (services.TopicIds.LookUps < _askedAnew)
        {
            services.TopicIds.Hurry();
            return;
        }

        var topicId = services.TopicIds.Of(topic);
        if (topicId is null || topicId != _incarnation.TopicId)
        {
            // An id that is another one is seen by the next poll.
            if (topicId is null || _incarnation.TopicId is null)
            {
                _stoppedByGap = true;
                SiloLog.OffsetsStartedOver(services.Log, topic, partition, from, high);
            }

            return;
        }

        try
        {
            await BeginAnewAsync(new OffsetGap(_incarnation.StoredTopic, partition, high, from, "the log was cut back: these offsets name other records now"), topicId, high);
            Reopen(session, buffer, "the log was cut back");
        }
        catch (Exception e) when (SqlErrors.Classify(e) is not SqlErrorClass.None)
        {
            SiloLog.PartitionNotOpened(services.Log, topic, partition, SqlErrors.Describe(e));
        }
    }

    /// <summary>
    /// Writes down that offsets have started over and, unless a gap is to stop the partition, begins its next incarnation. Where it is read from, Postgres says when the
    /// partition is opened again: another silo may have begun the same one before.
    /// </summary>
    private async Task BeginAnewAsync(OffsetGap gap, string? topicId, long? offset)
    {
        await services.ResumePoints.RecordGapAsync(gap, _closing.Token);
        if (services.Options.OnGap == GapPolicy.Fail)
        {
            _stoppedByGap = true;
            SiloLog.StoppedByGap(services.Log, topic, partition);
            return;
        }

        var next = _incarnation with { Number = _incarnation.Number + 1, TopicId = topicId };
        await services.ResumePoints.BeginAsync(next, offset, _closing.Token);
        SiloLog.OffsetsBeganAnew(services.Log, topic, partition, next.StoredTopic);
    }

    private void Reopen(PartitionSession session, PartitionBuffer buffer, string reason)
    {
        session.Break(BreakCause.TopicChanged, reason);
        services.Consumers.Close(buffer);
        _session = null;
    }
}
