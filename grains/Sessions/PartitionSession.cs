using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Grains.Sessions;

/// <summary>A partition was read again from its resume point.</summary>
/// <param name="Reason">Why.</param>
/// <param name="At">When.</param>
internal sealed record SessionBreak(string Reason, DateTimeOffset At);

/// <summary>
/// One run of one topic-partition from a resume point. Open → Broken or Closed, never back: after any trouble the receiver waits, seeks to the resume point and opens
/// the next session. Replaying is always safe, because aggregators drop what they have already seen.
/// Shared in plain memory by the receiver, the decoder grains and the durability watcher of one silo; thread safe.
/// </summary>
internal sealed class PartitionSession(
    string topic, int partition, long id, long resumePoint, TimeProvider time, long? movedAt = null, RecordCounts consumed = default, string? storedTopic = null, SessionBreak? lastBreak = null)
{
    private readonly Lock _lock = new();
    private readonly OffsetTracker _offsets = new(resumePoint, consumed);
    private readonly Dictionary<long, ChunkProgress> _chunks = [];
    private readonly Dictionary<string, AggregatorLink> _links = [];
    private ChunkProgress? _inside;
    private long _lastPolled;
    private long _lastAdmitted;
    private readonly long _openedAt = time.GetTimestamp();
    private long _lastMoved = movedAt ?? time.GetTimestamp();
    private SessionBreak? _break;
    private bool _closed;

    public string Topic => topic;

    /// <summary>The topic's name in ledger, progress and dead letters; see <see cref="PayloadChunk.StoredTopic"/>.</summary>
    public string StoredTopic { get; } = storedTopic ?? topic;

    public int Partition => partition;

    /// <summary>Told in every chunk, so that a late delivery of an earlier session is known as such.</summary>
    public long Id => id;

    /// <summary>Why the session broke; null as long as it has not.</summary>
    public string? BrokenBecause => _break?.Reason;

    /// <summary>The latest break of the partition since this silo opened it: this session's, or that of one before.</summary>
    public SessionBreak? LastBreak => _break ?? lastBreak;

    /// <summary>First offset that is not yet durable.</summary>
    public long ResumePoint
    {
        get
        {
            lock (_lock)
            {
                return _offsets.ResumePoint;
            }
        }
    }

    /// <summary>The same, with what was read up to there.</summary>
    public ResumePoint Progress
    {
        get
        {
            lock (_lock)
            {
                return new(StoredTopic, partition, _offsets.ResumePoint, _offsets.Consumed);
            }
        }
    }

    /// <summary>Payload bytes polled and not yet durable.</summary>
    public long UndurableBytes
    {
        get
        {
            lock (_lock)
            {
                return _offsets.UndurableBytes;
            }
        }
    }

    /// <summary>Kafka's timestamp of the oldest record that was polled and is not durable, milliseconds since 1970; null if there is none. Of a chunk, the first record counts.</summary>
    public long? OldestUndurableUnixMs
    {
        get
        {
            lock (_lock)
            {
                return _offsets.Oldest is { TimestampUnixMs: > 0 } chunk ? chunk.TimestampUnixMs : null;
            }
        }
    }

    /// <summary>Whether the resume point has moved since the session began.</summary>
    public bool HasMoved => ResumePoint > resumePoint;

    /// <summary>When the resume point moved last, in ticks of the clock; handed on from session to session, so that one that breaks again and again shows as stuck.</summary>
    public long MovedAt => Volatile.Read(ref _lastMoved);

    /// <summary>Time since the resume point moved last, or since the partition was opened.</summary>
    public TimeSpan SinceMoved => time.GetElapsedTime(MovedAt);

    /// <summary>Whether the session still takes part: neither broken nor closed.</summary>
    public bool IsOpen => BrokenBecause is null && !Volatile.Read(ref _closed);

    /// <summary>The receiver polled these records: makes the session's next chunk of them.</summary>
    public PayloadChunk Polled(IReadOnlyList<PayloadRecord> records, long bytes)
    {
        lock (_lock)
        {
            var sequence = ++_lastPolled;
            _chunks.Add(sequence, _offsets.Add(records[^1].Offset, bytes, time.GetTimestamp(), records[0].TimestampUnixMs));
            return new PayloadChunk(topic, partition, id, sequence, records) { StoredTopic = StoredTopic };
        }
    }

    /// <summary>
    /// Lets a delivered chunk in, once each and in order; waits until the chunk before it has left. Null: a duplicate or stale delivery, to be ignored.
    /// A chunk that was skipped breaks the session. Whoever was let in must call <see cref="Leave"/>.
    /// </summary>
    public async ValueTask<ChunkProgress?> EnterAsync(PayloadChunk chunk)
    {
        if (TryAdmit(chunk, out var before) is not { } progress)
        {
            return null;
        }

        if (before is not null)
        {
            await before.Left.Task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        if (IsOpen)
        {
            return progress;
        }

        progress.Left.SetResult();
        return null;
    }

    /// <summary>
    /// The chunk's records up to an offset were decoded, and so many bytes came out since the part before. Returns what the part's batches belong to, for
    /// <see cref="Sending"/> and <see cref="Sent"/>.
    /// </summary>
    public ChunkProgress Decoded(ChunkProgress progress, long lastOffset, long bytes, RecordCounts records = default)
    {
        lock (_lock)
        {
            return _offsets.Decoded(progress, lastOffset, bytes, time.GetTimestamp(), records);
        }
    }

    /// <summary>Each batch of the part was accepted, unless the session is broken. The last part ends with the chunk: see <see cref="Leave"/>.</summary>
    public void Sent(ChunkProgress chunk, ChunkProgress part)
    {
        lock (_lock)
        {
            if (part != chunk && IsOpen)
            {
                part.Sent = true;
                Moved(_offsets.Complete(part));
            }
        }
    }

    /// <summary>
    /// Whether the rest of the chunk must wait although it was let in: earlier rows of the partition are not durable, and will be. It never waits for what other partitions
    /// do; where all of them wait for each other's bytes, each of them could still decode its next part.
    /// </summary>
    public bool HasRowsBefore(ChunkProgress chunk)
    {
        lock (_lock)
        {
            return IsOpen && _offsets.Oldest != chunk;
        }
    }

    /// <summary>The chunk's decoding has ended.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="progress">What <see cref="EnterAsync"/> gave.</param>
    /// <param name="isDecoded">All of it was decoded and, unless the session is broken, each of its batches accepted.</param>
    public void Leave(PayloadChunk chunk, ChunkProgress progress, bool isDecoded)
    {
        lock (_lock)
        {
            _chunks.Remove(chunk.Sequence);
            if (isDecoded && IsOpen)
            {
                progress.Sent = true;
                Moved(_offsets.Complete(progress));
            }
        }

        progress.Left.SetResult();
    }

    /// <summary>Notes that the batch goes to its aggregator now, and names its predecessor.</summary>
    public (AggregatorLink Link, RowBatch Batch) Sending(ChunkProgress chunk, DecodedBatch batch)
    {
        lock (_lock)
        {
            if (!_links.TryGetValue(batch.ServiceName, out var link))
            {
                _links.Add(batch.ServiceName, link = new AggregatorLink(batch.ServiceName));
            }

            var message = batch.Batch with { PreviousOffset = link.LastSent };
            link.Sending(chunk, batch);
            return (link, message);
        }
    }

    /// <summary>The aggregator accepted the batch. Returns whether somebody must begin to watch the link.</summary>
    public bool Accepted(AggregatorLink link, RowBatch batch, long durableOffset)
    {
        lock (_lock)
        {
            link.LastAccepted = batch.LastOffset;
            Moved(link.Durable(durableOffset, _offsets, time));
            return !link.Watched && (link.Watched = link.OldestUndurable is not null);
        }
    }

    /// <summary>The next offset to ask the aggregator for; null, and the link no longer watched, if there is nothing to ask.</summary>
    public long? NextToAsk(AggregatorLink link)
    {
        lock (_lock)
        {
            var offset = IsOpen ? link.OldestUndurable : null;
            link.Watched = offset is not null;
            return offset;
        }
    }

    /// <summary>The aggregator committed everything up to the offset.</summary>
    public void Durable(AggregatorLink link, long offset)
    {
        lock (_lock)
        {
            Moved(link.Durable(offset, _offsets, time));
        }
    }

    /// <summary>Ends the session: nothing of it that is not yet durable is believed any more. Returns whether it was open.</summary>
    public bool Break(BreakCause cause, string reason)
    {
        lock (_lock)
        {
            if (!IsOpen)
            {
                return false;
            }

            _break = new(reason, time.GetUtcNow());
        }

        SessionMetrics.Broke(cause);
        return true;
    }

    /// <summary>The receiver gives the partition up.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }

    /// <summary>
    /// How long the oldest chunk has been next in line without its batches having been accepted; zero if none waits. A delivery that Orleans dropped shows here.
    /// </summary>
    public TimeSpan OldestUnsent()
    {
        lock (_lock)
        {
            return _offsets.Oldest is { Sent: false } chunk ? time.GetElapsedTime(Math.Max(chunk.MovedAt, _lastMoved)) : TimeSpan.Zero;
        }
    }

    /// <summary>For how long nothing of this session became durable although something waits; zero if nothing waits.</summary>
    public TimeSpan Stalled() => UndurableBytes > 0 ? time.GetElapsedTime(Math.Max(_openedAt, MovedAt)) : TimeSpan.Zero;

    /// <summary>Whether waiting makes sense: the session is open, and its oldest chunk that is not durable has been taken by a decoder.</summary>
    public bool IsSettling
    {
        get
        {
            lock (_lock)
            {
                return IsOpen && _offsets.Oldest is { Entered: true };
            }
        }
    }

    /// <summary>The services whose aggregators hold rows of this session that are not known to be committed.</summary>
    public IReadOnlyList<string> UndurableServices()
    {
        lock (_lock)
        {
            return [.. _links.Values.Where(link => link.OldestUndurable is not null).Select(link => link.ServiceName)];
        }
    }

    private ChunkProgress? TryAdmit(PayloadChunk chunk, out ChunkProgress? before)
    {
        lock (_lock)
        {
            before = _inside;
            if (!IsOpen || chunk.Sequence <= _lastAdmitted)
            {
                return null;
            }

            if (chunk.Sequence != _lastAdmitted + 1)
            {
                _break = new($"chunk {_lastAdmitted + 1} was not delivered, chunk {chunk.Sequence} was", time.GetUtcNow());
                SessionMetrics.Broke(BreakCause.Skipped);
                return null;
            }

            _lastAdmitted = chunk.Sequence;
            _inside = _chunks[chunk.Sequence];
            _inside.Entered = true;
            return _inside;
        }
    }

    private void Moved(bool moved)
    {
        if (moved)
        {
            Volatile.Write(ref _lastMoved, time.GetTimestamp());
        }
    }
}
