using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>The rows of one chunk, by service. Reused from chunk to chunk, with all its buffers.</summary>
/// <param name="time">Tells how long a dimension row is believed to be stored.</param>
/// <param name="maxItems">Most items of one record.</param>
/// <param name="arrays">What the rows are written into, and handed out in.</param>
internal sealed class ChunkRows(TimeProvider time, int maxItems, RowArrayPool arrays)
{
    private readonly Dictionary<string, ServiceRows> _byName = new(StringComparer.Ordinal);
    private readonly List<ServiceRows> _services = [];
    private readonly List<ServiceRows> _touched = [];
    private readonly Stack<ServiceRows> _free = new();
    private string _topic = "";
    private int _partition;
    private PayloadRecord _record;
    private int _items;

    /// <summary>Size of the rows kept since the chunk began.</summary>
    public long Bytes { get; private set; }

    /// <summary>Begins a chunk.</summary>
    public void BeginChunk(string topic, int partition)
    {
        // A chunk that ended in an exception has left something behind.
        Clear();
        _topic = topic;
        _partition = partition;
    }

    /// <summary>Begins a record.</summary>
    public void BeginRecord(in PayloadRecord record)
    {
        _record = record;
        _items = 0;
    }

    /// <summary>A span, log record, metric or data point of the record comes.</summary>
    /// <exception cref="RefusedPayloadException">It is one too many.</exception>
    public void CountItem()
    {
        if (++_items > maxItems)
        {
            ThrowTooMany();
        }
    }

    /// <summary>Where rows of a service go.</summary>
    public ServiceRows For(string serviceName)
    {
        if (!_byName.TryGetValue(serviceName, out var service))
        {
            service = _free.TryPop(out var free) ? free : new ServiceRows(time, arrays);
            service.Begin(serviceName);
            _byName.Add(serviceName, service);
            _services.Add(service);
        }

        if (service.RecordOffset != _record.Offset)
        {
            service.RecordOffset = _record.Offset;
            _touched.Add(service);
        }

        return service;
    }

    /// <summary>Writes a dead letter in place of something that cannot be stored.</summary>
    /// <param name="service">Whose batch it goes with.</param>
    /// <param name="itemIndex">Which span, log record or data point of the payload; null for all of it.</param>
    /// <param name="reason">One of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">What is wrong, for people.</param>
    /// <param name="payload">The original bytes.</param>
    public void WriteDeadLetter(ServiceRows service, int? itemIndex, string reason, string error, ReadOnlySpan<byte> payload)
    {
        // Kafka says -1 where it has no timestamp.
        long? timestamp = _record.TimestampUnixMs >= 0 ? _record.TimestampUnixMs : null;
        new DeadLetterRow(_topic, _partition, _record.Offset, itemIndex, timestamp, _record.Signal, reason, SqlState: null, error)
            .WriteTo(service.Table(CopyLayouts.DeadLetters), payload);
    }

    /// <summary>Keeps what the record wrote.</summary>
    public void CommitRecord()
    {
        foreach (var service in _touched)
        {
            Bytes += service.CommitRecord(_record.Offset);
        }

        _touched.Clear();
    }

    /// <summary>Forgets what the record wrote; the record may write again.</summary>
    public void RollbackRecord()
    {
        foreach (var service in _touched)
        {
            service.RollbackRecord();
        }
    }

    /// <summary>Ends the chunk: one batch per service, in the order in which they occurred.</summary>
    public IReadOnlyList<DecodedBatch> TakeBatches()
    {
        var count = 0;
        foreach (var service in _services)
        {
            count += service.IsEmpty ? 0 : 1;
        }

        var batches = count == 0 ? [] : new DecodedBatch[count];
        count = 0;
        foreach (var service in _services)
        {
            if (!service.IsEmpty)
            {
                batches[count++] = service.TakeBatch(_topic, _partition);
            }
        }

        Clear();
        return batches;
    }

    private void ThrowTooMany() => throw new RefusedPayloadException(
        DeadLetterReason.TooManyRecords,
        $"The payload holds more than {maxItems:N0} spans, log records, metrics and data points: see {nameof(DecodingOptions.MaxRecordsPerPayload)}.");

    private void Clear()
    {
        foreach (var service in _services)
        {
            service.Clear();
            _free.Push(service);
        }

        _services.Clear();
        _touched.Clear();
        _byName.Clear();
        _record = default;
        Bytes = 0;
    }
}
