using System.Runtime.InteropServices;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Records of one partition between a consumer thread, which puts, and a receiver, which takes. Thrown away as a whole when the partition is read from another offset,
/// so that nothing of the old position can follow. Thread safe.
/// </summary>
/// <param name="startOffset">Where reading begins; records below are dropped.</param>
/// <param name="budget">Where the bytes that wait count.</param>
internal sealed class PartitionBuffer(string topic, int partition, long startOffset, PrefetchBudget budget)
{
    /// <summary>What a record takes beside its value: endless empty ones take memory too.</summary>
    private const int Overhead = 64;

    private readonly Lock _lock = new();
    private readonly Queue<PayloadRecord> _records = new();
    private long _next = startOffset;
    private bool _closed;
    private long _bytes;
    private long _highWatermark = -1;
    private Tuple<long, long>? _outOfRange;

    public string Topic => topic;

    public int Partition => partition;

    /// <summary>Where reading begins.</summary>
    public long StartOffset { get; } = startOffset;

    /// <summary>Bytes that wait to be taken.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Offset after the newest record that Kafka has, as last heard; null before the first answer.</summary>
    public long? HighWatermark
    {
        get => Volatile.Read(ref _highWatermark) is var mark and >= 0 ? mark : null;
        set => Volatile.Write(ref _highWatermark, value ?? -1);
    }

    /// <summary>Kafka does not have <see cref="StartOffset"/>: the offsets it has now, first and one past the last.</summary>
    public (long Low, long High)? OutOfRange
    {
        get => Volatile.Read(ref _outOfRange) is { } range ? (range.Item1, range.Item2) : null;
        set => Volatile.Write(ref _outOfRange, value is { } range ? Tuple.Create(range.Low, range.High) : null);
    }

    /// <summary>Kafka's timestamp of the first record that waits, milliseconds since 1970; null if none waits or it has none.</summary>
    public long? OldestUnixMs
    {
        get
        {
            lock (_lock)
            {
                return _records.TryPeek(out var first) && first.TimestampUnixMs > 0 ? first.TimestampUnixMs : null;
            }
        }
    }

    /// <summary>Puts a record; one that has been put before, or lies below the start, is dropped.</summary>
    public void Put(in PayloadRecord record)
    {
        lock (_lock)
        {
            if (record.Offset >= _next && !_closed)
            {
                _next = record.Offset + 1;
                _records.Enqueue(record);
                Add(Size(record));
            }
        }
    }

    /// <summary>Takes up to so many records and bytes, but at least one if there is any.</summary>
    /// <returns>Null if there is none.</returns>
    public IReadOnlyList<PayloadRecord>? TryTake(int maxRecords, int maxBytes, out long bytes)
    {
        bytes = 0;
        lock (_lock)
        {
            if (_records.Count == 0)
            {
                return null;
            }

            var taken = new List<PayloadRecord>(Math.Min(maxRecords, _records.Count));
            var freed = 0L;
            while (taken.Count < maxRecords && _records.TryPeek(out var record) && (taken.Count == 0 || bytes + record.Value.Length <= maxBytes))
            {
                taken.Add(_records.Dequeue());
                bytes += record.Value.Length;
                freed += Size(record);
            }

            Add(-freed);
            return taken;
        }
    }

    /// <summary>Nothing is put or taken any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            _records.Clear();
            Add(-_bytes);
        }
    }

    private void Add(long bytes)
    {
        _bytes += bytes;
        budget.Add(bytes);
    }

    /// <summary>The whole array, which may be larger than the value.</summary>
    private static int Size(in PayloadRecord record) => Overhead + (MemoryMarshal.TryGetArray(record.Value, out var array) ? array.Array!.Length : record.Value.Length);
}
