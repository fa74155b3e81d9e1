using System.Runtime.InteropServices;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Grains.Aggregation;

/// <summary>
/// The rows of one service between decoder and Postgres, and what is known of each partition: <c>seen</c> (buffered or durable) and <c>durable</c> (in the ledger).
/// Decides what to take, what to drop and what to flush; does no I/O. Not thread safe: the grain's turn is its lock. Only what tells how much is buffered may be read by any thread:
/// each number by itself is right.
/// </summary>
internal sealed class ServiceBuffer
{
    private readonly string _serviceName;
    private readonly TimeProvider _time;
    private readonly RowArrayPool _arrays;
    private readonly Dictionary<(string Topic, int Partition), Mark> _marks = [];
    private readonly Queue<Buffered> _queue = new();
    private volatile Flush? _flushing;
    private long _queuedRows;
    private long _queuedBytes;
    private long _oldestQueuedTicks;

    public ServiceBuffer(string serviceName, IEnumerable<LedgerEntry> ledger, TimeProvider time, RowArrayPool arrays)
    {
        _serviceName = serviceName;
        _time = time;
        _arrays = arrays;
        foreach (var entry in ledger)
        {
            _marks.Add((entry.Topic, entry.Partition), new Mark { InLedger = true, Durable = entry.NextOffset - 1, Seen = entry.NextOffset - 1 });
        }
    }

    /// <summary>Rows accepted and not committed.</summary>
    public long Rows => _queuedRows + (_flushing?.Rows ?? 0);

    /// <summary>Their bytes.</summary>
    public long Bytes => _queuedBytes + (_flushing?.Bytes ?? 0);

    /// <summary>Rows that no flush has taken yet.</summary>
    public long QueuedRows => _queuedRows;

    /// <summary>Their bytes.</summary>
    public long QueuedBytes => _queuedBytes;

    /// <summary>When the oldest batch that is not committed was accepted.</summary>
    public DateTimeOffset? Oldest => _flushing?.Oldest ?? OldestQueued;

    /// <summary>When the oldest batch that no flush has taken was accepted.</summary>
    public DateTimeOffset? OldestQueued => Volatile.Read(ref _oldestQueuedTicks) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Takes a batch in; records already seen are dropped one by one, because chunk borders differ from session to session.</summary>
    public AppendResult Append(RowBatch batch)
    {
        ref var mark = ref CollectionsMarshal.GetValueRefOrAddDefault(_marks, (batch.Topic, batch.Partition), out _);
        mark ??= new Mark();
        if (batch.PreviousOffset > mark.Seen)
        {
            return new AppendResult(AppendStatus.Gap, mark.Durable);
        }

        var first = FirstAfter(batch.Offsets, mark.Seen);
        if (first < batch.Offsets.Length)
        {
            var buffered = new Buffered(batch, first, _time.GetUtcNow());
            _queue.Enqueue(buffered);
            NoteOldestQueued();
            _queuedRows += buffered.Rows;
            _queuedBytes += buffered.Bytes;
            mark.Seen = batch.LastOffset;
        }

        return new AppendResult(AppendStatus.Accepted, mark.Durable);
    }

    /// <summary>What is durable of the partition; not known if this activation never saw the offset.</summary>
    public DurableMark DurableOf(string topic, int partition, long offset) =>
        _marks.TryGetValue((topic, partition), out var mark) && offset <= mark.Seen ? new DurableMark(true, mark.Durable) : new DurableMark(false, RowBatch.NoOffset);

    /// <summary>
    /// The next flush: queued batches in order, until <paramref name="maxBytes"/> are reached. Null if nothing is queued. It stays the current one, and is to be sent
    /// again as it is if it fails, until <see cref="Committed"/>.
    /// </summary>
    public FlushRequest? TakeFlush(long maxBytes)
    {
        if (_flushing is not null)
        {
            throw new InvalidOperationException("One flush of an aggregator at a time.");
        }

        if (_queue.Count == 0)
        {
            return null;
        }

        var flush = new Flush { Oldest = _queue.Peek().At };
        while (flush.Bytes < maxBytes && _queue.TryDequeue(out var buffered))
        {
            buffered.AddBlocks(flush.Blocks);
            buffered.AddRecords(CollectionsMarshal.GetValueRefOrAddDefault(flush.Records, (buffered.Batch.Topic, buffered.Batch.Partition), out _) ??= new());
            flush.Dimensions.AddRange(buffered.Batch.Dimensions.Select(d => new CopyBlock(d.Layout, d.Bytes, d.Rows)));
            flush.LastOffsets[(buffered.Batch.Topic, buffered.Batch.Partition)] = buffered.Batch.LastOffset;
            flush.Batches.Add(buffered.Batch);
            flush.Rows += buffered.Rows;
            flush.Bytes += buffered.Bytes;
        }

        _queuedRows -= flush.Rows;
        _queuedBytes -= flush.Bytes;
        NoteOldestQueued();
        _flushing = flush;
        return Request(flush);
    }

    /// <summary>
    /// Takes the row that Postgres refuses out of the current flush and puts a dead letter in its place: same transaction, same ledger move.
    /// Null if it cannot be told which row it is.
    /// </summary>
    public FlushRequest? CutOut(RefusedRow refused, string? sqlState)
    {
        var flush = _flushing ?? throw new InvalidOperationException("No flush is under way.");
        var row = refused.Row ?? int.MaxValue;
        for (var i = 0; i < flush.Blocks.Count; i++)
        {
            var block = flush.Blocks[i];
            if (block.Rows.Layout != refused.Layout)
            {
                continue;
            }

            if (row >= block.Rows.Rows)
            {
                row -= block.Rows.Rows;
                continue;
            }

            flush.Blocks.RemoveAt(i);
            flush.Blocks.InsertRange(i, block.Without(row).Where(b => b.Rows.Rows > 0));
            flush.Blocks.Add(block.DeadLetter(row, _serviceName, sqlState, refused.Message));
            flush.Records[(block.Batch.Topic, block.Batch.Partition)].Refused(block.OffsetOf(row), refused.Layout);
            return Request(flush);
        }

        return null;
    }

    /// <summary>
    /// The current flush is committed. Returns its rows. Its arrays go back to the pool: the buffer was the last to hold them, whether they were decoded in this silo or came from another, and
    /// the writer has answered. Those of batches that are dropped or forgotten do not: of them nobody knows so surely.
    /// </summary>
    public long Committed()
    {
        var flush = _flushing ?? throw new InvalidOperationException("No flush is under way.");
        foreach (var (partition, offset) in flush.LastOffsets)
        {
            var mark = _marks[partition];
            mark.InLedger = true;
            mark.Durable = offset;
        }

        foreach (var table in flush.Batches.SelectMany(b => b.Tables))
        {
            _arrays.Return(table.Bytes.Array);
        }

        _flushing = null;
        return flush.Rows;
    }

    private void NoteOldestQueued() => Volatile.Write(ref _oldestQueuedTicks, _queue.TryPeek(out var first) ? first.At.UtcTicks : 0);

    private FlushRequest Request(Flush flush)
    {
        var moves = flush.LastOffsets.Select(last =>
        {
            var mark = _marks[last.Key];
            return new LedgerMove(last.Key.Topic, last.Key.Partition, mark.InLedger ? mark.Durable + 1 : null, last.Value + 1, flush.Records[last.Key]);
        });
        return new FlushRequest
        {
            ServiceName = _serviceName,
            Moves = [.. moves],
            Blocks = [.. flush.Blocks.Select(b => b.Rows)],
            Dimensions = [.. flush.Dimensions],
        };
    }

    /// <summary>Index of the first of the ascending offsets that is greater than <paramref name="seen"/>.</summary>
    private static int FirstAfter(long[] offsets, long seen)
    {
        var at = Array.BinarySearch(offsets, seen);
        return at < 0 ? ~at : at + 1;
    }

    private sealed class Mark
    {
        public bool InLedger { get; set; }

        public long Seen { get; set; } = RowBatch.NoOffset;

        public long Durable { get; set; } = RowBatch.NoOffset;
    }

    private sealed class Flush
    {
        public required DateTimeOffset Oldest { get; init; }

        public Dictionary<(string Topic, int Partition), long> LastOffsets { get; } = [];

        public Dictionary<(string Topic, int Partition), MoveRecords> Records { get; } = [];

        public List<RowBatch> Batches { get; } = [];

        public List<BufferedRows> Blocks { get; } = [];

        public List<CopyBlock> Dimensions { get; } = [];

        public long Rows { get; set; }

        public long Bytes { get; set; }
    }

    /// <summary>A batch from record <paramref name="first"/> on.</summary>
    private sealed class Buffered(RowBatch batch, int first, DateTimeOffset at)
    {
        public RowBatch Batch => batch;

        public DateTimeOffset At => at;

        public long Rows { get; } = batch.Tables.Sum(t => RowsFrom(t, first));

        public long Bytes { get; } = batch.Tables.Sum(t => (long)t.Bytes.Length - Start(t, first));

        public void AddBlocks(List<BufferedRows> blocks)
        {
            foreach (var table in batch.Tables)
            {
                var rows = RowsFrom(table, first);
                if (rows > 0)
                {
                    blocks.Add(new BufferedRows(batch, table, first, 0, new CopyBlock(table.Layout, table.Bytes.Memory[Start(table, first)..], rows)));
                }
            }
        }

        public void AddRecords(MoveRecords records) => batch.AddRecordsTo(records, first);

        private static int Start(TableRows table, int first) => first == 0 ? 0 : table.RecordEnds[first - 1];

        private static int RowsFrom(TableRows table, int first)
        {
            var rows = 0;
            foreach (var n in table.RecordRows.AsSpan(first))
            {
                rows += n;
            }

            return rows;
        }
    }
}
