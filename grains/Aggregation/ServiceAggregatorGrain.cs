using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Placement;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Grains.Aggregation;

/// <summary>
/// Buffers one service's rows and flushes them, one flush at a time and in order. Thin: what to take and what to flush is <see cref="ServiceBuffer"/>'s, how it is written
/// <see cref="CopyWriter"/>'s. Two activations of the same aggregator may live at once; the ledger lets only one of them commit.
/// </summary>
[AggregatorPlacement]
internal sealed class ServiceAggregatorGrain(
    IngestLedger ledger,
    CopyWriter writer,
    RowArrayPool arrays,
    IOptions<AggregationOptions> options,
    FlushHealth health,
    LocalAggregators local,
    ILocalSiloDetails silo,
    TimeProvider time,
    ILogger<ServiceAggregatorGrain> log) : Grain, IServiceAggregatorGrain
{
    /// <summary>Below the response time-out of a second-long call, so that the answer always arrives.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MovingWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(5);

    private string _serviceName = "";
    private long _shard;
    private ServiceBuffer _buffer = null!;
    private IGrainTimer _timer = null!;
    private Task _flushing = Task.CompletedTask;
    private TaskCompletionSource _changed = NewSignal();
    private bool _forgotten;
    private volatile bool _moving;
    private long _flushedRows;
    private long _flushes;
    private long _lastFlushTicks;
    private string? _lastError;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _shard = this.GetPrimaryKeyLong(out var serviceName);
        _serviceName = serviceName!;
        _buffer = new ServiceBuffer(_serviceName, await ledger.LoadAsync(_serviceName, cancellationToken), time, arrays);
        _timer = this.RegisterGrainTimer(
            static (grain, _) => grain.FlushOnTimer(), this, new() { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        local.Add(this);
    }

    /// <summary>
    /// Begins to move to another silo: what is buffered is flushed, then the next activation begins there from the ledger. Not while flushes fail: that would only hold up the
    /// senders. Thread safe.
    /// </summary>
    public bool TryMoveTo(SiloAddress other)
    {
        if (_lastError is not null || _forgotten)
        {
            return false;
        }

        _moving = true;
        Signal();
        GrainContext.Migrate(new() { [IPlacementDirector.PlacementHintKey] = other });
        return true;
    }

    /// <summary>What is buffered, and how the last flush went. Thread safe, so that thousands of buffers can be listed without a call to each; numbers may be of two moments.</summary>
    public BufferState State => new(
        _serviceName, _shard, silo.SiloAddress.Endpoint.ToString(), _buffer.Rows, _buffer.Bytes, _buffer.Oldest, _flushedRows, _flushes,
        Volatile.Read(ref _lastFlushTicks) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null, _lastError);

    public ValueTask<AppendResult> AppendAsync(RowBatch batch)
    {
        ThrowIfForgotten();
        var wasEmpty = _buffer.QueuedRows == 0;
        var result = _buffer.Append(batch);
        if (_buffer.QueuedRows >= options.Value.BatchSize || _buffer.QueuedBytes >= options.Value.MaxFlushBytes)
        {
            _ = StartFlushing();
        }
        else if (wasEmpty && _buffer.QueuedRows > 0)
        {
            _timer.Change(options.Value.FlushInterval, Timeout.InfiniteTimeSpan);
        }

        return new(result);
    }

    public async ValueTask<DurableMark> WaitDurableAsync(string topic, int partition, long offset)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var mark = _forgotten ? new DurableMark(false, RowBatch.NoOffset) : _buffer.DurableOf(topic, partition, offset);
            // Calls that wait hold up a move.
            var left = (_moving ? MovingWait : LongestWait) - time.GetElapsedTime(began);
            if (!mark.Known || mark.DurableOffset >= offset || left <= TimeSpan.Zero)
            {
                return mark;
            }

            await _changed.Task.WaitAsync(left, time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task FlushAsync() =>
        await FlushAllAsync().WaitAsync(LongestWait, time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);

    public ValueTask<BufferState> GetBufferStateAsync() => new(State);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        local.Remove(this);
        if (_buffer is null)
        {
            return;
        }

        // What does not get through in time is replayed by the senders: it was never told to be durable.
        await FlushAllAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        Forget();
    }

    /// <summary>Until everything that is buffered now is committed or forgotten.</summary>
    private async Task FlushAllAsync()
    {
        var rows = _buffer.Rows;
        for (var flushed = _flushedRows; !_forgotten && rows > 0 && _flushedRows < flushed + rows;)
        {
            await StartFlushing();
        }
    }

    /// <summary>The tick does not wait for the flush: a tick that is under way blocks deactivation, and a flush can take as long as an outage.</summary>
    private Task FlushOnTimer()
    {
        _ = StartFlushing();
        return Task.CompletedTask;
    }

    private Task StartFlushing()
    {
        if (_flushing.IsCompleted && !_forgotten)
        {
            _flushing = FlushLoopAsync();
        }

        return _flushing;
    }

    private async Task FlushLoopAsync()
    {
        // Flushes of what has piled up meanwhile follow at once: while the database is busy they grow, while it is idle they are small.
        try
        {
            while (!_forgotten && _buffer.TakeFlush(options.Value.MaxFlushBytes) is { } request)
            {
                await WriteAsync(request);
            }
        }
        catch (Exception e)
        {
            // Not foreseen (the writer answers for the database): the buffer cannot be believed any more, and replaying is safe.
            GrainsLog.FlushBroken(log, e, _serviceName, _buffer.Rows);
            Forget();
            DeactivateOnIdle();
        }
    }

    /// <summary>Writes the request until it is committed, or forgets everything if it never can be by this activation.</summary>
    private async Task WriteAsync(FlushRequest request)
    {
        var retry = FirstRetry;
        var began = time.GetTimestamp();
        for (var failures = 0; ; failures++)
        {
            var result = await writer.FlushAsync(request, CancellationToken.None);
            switch (result.Outcome)
            {
                case FlushOutcome.Committed:
                    var rows = _buffer.Committed();
                    FlushMetrics.Committed(time.GetElapsedTime(began), rows);
                    _flushedRows += rows;
                    _flushes++;
                    Volatile.Write(ref _lastFlushTicks, time.GetUtcNow().UtcTicks);
                    if (failures > 0)
                    {
                        GrainsLog.FlushRecovered(log, _serviceName, failures);
                    }

                    _lastError = null;
                    health.Succeeded(_serviceName);
                    Signal();
                    return;
                case FlushOutcome.Fenced:
                    GrainsLog.Fenced(log, _serviceName, _buffer.Rows);
                    Forget();
                    DeactivateOnIdle();
                    return;
                case FlushOutcome.Unknown:
                    GrainsLog.CommitUnknown(log, _serviceName, _buffer.Rows);
                    Forget();
                    DeactivateOnIdle();
                    return;
                case FlushOutcome.Refused when result.Refused is { } refused && _buffer.CutOut(refused, result.SqlState) is { } rest:
                    GrainsLog.RowRefused(log, _serviceName, result.Reason);
                    request = rest;
                    continue;
                case FlushOutcome.Retry:
                    Failed(result, failures, GrainsLog.FlushFailed);
                    break;
                default:
                    Failed(result, failures, GrainsLog.FlushRefused);
                    break;
            }

            await Task.Delay(retry * (0.5 + Random.Shared.NextDouble()), time);
            if (_forgotten)
            {
                return;
            }

            retry = TimeSpan.FromTicks(Math.Min(retry.Ticks * 2, LastRetry.Ticks));
        }
    }

    private void Failed(FlushResult result, int failures, Action<ILogger, string, long, string> write)
    {
        if (_forgotten)
        {
            return;
        }

        _lastError = result.Reason;
        health.Failed(_serviceName, _lastError);
        if (failures == 0)
        {
            write(log, _serviceName, _buffer.Rows, _lastError);
        }
    }

    /// <summary>Nothing of the buffer is believed any more: waiting senders are told so, new ones get an error, the next activation begins from the ledger.</summary>
    private void Forget()
    {
        _forgotten = true;
        health.Succeeded(_serviceName);
        Signal();
    }

    private void Signal() => Interlocked.Exchange(ref _changed, NewSignal()).SetResult();

    private void ThrowIfForgotten()
    {
        if (_forgotten)
        {
            throw new InvalidOperationException($"The aggregator of {_serviceName} is going away; send again to its next activation.");
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
