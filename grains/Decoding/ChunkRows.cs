using System.Diagnostics.CodeAnalysis;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>The rows of one chunk, by service. Reused from chunk to chunk, with its buffers.</summary>
/// <param name="time">Tells how long a dimension row is believed to be stored.</param>
/// <param name="options">Limits.</param>
/// <param name="arrays">What the rows are written into, and handed out in.</param>
internal sealed class ChunkRows(TimeProvider time, DecodingOptions options, RowArrayPool arrays)
{
    // What waits for the next chunk: the services that a usual chunk has. A chunk of very many is rare, and what it took should not stay.
    private const int KeptServices = 256;
    private const long KeptBytes = 32 << 20;

    // A row takes up to 16 times what its record takes on the wire (an empty link is 2 bytes there, and 29 as JSON), usually 0.5 to 2 times. Four times over the whole payload are
    // no payload that anybody means. Not less than 64 MiB, which small payloads of many empty records may have; not more than 1 GiB, so that with the rows of others before them and
    // the last row, of up to 16 times 16 MiB, they stay below the 2 GiB of an array.
    private const int MaxGrowth = 4;
    private const long LeastRowBytes = 64 << 20;
    private const long MostRowBytes = 1 << 30;

    private readonly Dictionary<string, ServiceRows> _byName = new(StringComparer.Ordinal);
    private readonly List<ServiceRows> _services = [];
    private readonly List<ServiceRows> _touched = [];
    private readonly Stack<ServiceRows> _free = new();
    private string _topic = "";
    private int _partition;
    private PayloadRecord _record;
    private readonly List<(ServiceRows Service, int Item, string Reason, string Error)> _itemLetters = [];
    private int _items;
    private int _recordServices;
    private long _keptBytes;

    /// <summary>What is cut off.</summary>
    public ValueLimits Limits { get; } = ValueLimits.Of(options);

    /// <summary>Bytes that the rows of one table and service, or of the dimensions of a service, may take of one record.</summary>
    public long MaxRowBytes { get; } = Math.Clamp((long)MaxGrowth * Math.Max(options.MaxPayloadBytes, options.MaxDecompressedBytes), LeastRowBytes, MostRowBytes);

    /// <summary>What the rows are written into.</summary>
    public RowArrayPool Arrays => arrays;

    /// <summary>Largest span, log record, data point, exemplar, resource or scope.</summary>
    public int MaxItemBytes => options.MaxRecordBytes;

    /// <summary>Services that the chunk has rows of so far, or had before its last record was refused.</summary>
    public int Services => _services.Count;

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
        _recordServices = 0;
    }

    /// <summary>A resource, scope, span, log record, metric, data point or exemplar of the record comes.</summary>
    /// <exception cref="RefusedPayloadException">It is one too many.</exception>
    public void CountItem()
    {
        if (++_items > options.MaxRecordsPerPayload)
        {
            ThrowTooMany();
        }
    }

    /// <summary>Where rows of a service go.</summary>
    /// <exception cref="RefusedPayloadException">It is one service too many of this record.</exception>
    public ServiceRows For(string serviceName)
    {
        if (!_byName.TryGetValue(serviceName, out var service))
        {
            service = TakeFree() ?? new ServiceRows(this, time);
            service.Begin(serviceName);
            _byName.Add(serviceName, service);
            _services.Add(service);
        }

        if (service.RecordOffset != _record.Offset)
        {
            service.RecordOffset = _record.Offset;
            _touched.Add(service);
            if (++_recordServices > options.MaxServicesPerPayload)
            {
                ThrowTooManyServices();
            }
        }

        return service;
    }

    /// <summary>A dead letter will take the place of an item: see <see cref="WriteItemLetters"/>.</summary>
    /// <param name="service">Whose batch it goes with.</param>
    /// <param name="item">Which span or log record of the payload, from 0.</param>
    /// <param name="reason">One of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">What is wrong, for people.</param>
    public void RefuseItem(ServiceRows service, int item, string reason, string error) => _itemLetters.Add((service, item, reason, error));

    /// <summary>
    /// The payload is decoded: writes the letters of its items. Each holds a message of its own, with the item's resource and scope as they came, so that it can be decoded again.
    /// </summary>
    public void WriteItemLetters(ReadOnlySpan<byte> payload)
    {
        if (_itemLetters.Count == 0)
        {
            return;
        }

        var envelopes = ItemEnvelopes.Of(payload, _itemLetters.ConvertAll(l => l.Item));
        for (var i = 0; i < envelopes.Count; i++)
        {
            var (service, item, reason, error) = _itemLetters[i];
            WriteDeadLetter(service, item, reason, error, envelopes[i]);
        }

        _itemLetters.Clear();
    }

    /// <summary>Writes a dead letter in place of a payload that cannot be stored.</summary>
    /// <param name="reason">One of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">What is wrong, for people.</param>
    /// <param name="payload">The original bytes.</param>
    public void WriteDeadLetter(string reason, string error, ReadOnlySpan<byte> payload) => WriteDeadLetter(For(ServiceNames.Unknown), null, reason, error, payload);

    private void WriteDeadLetter(ServiceRows service, int? itemIndex, string reason, string error, ReadOnlySpan<byte> payload)
    {
        // Kafka says -1 where it has no timestamp.
        long? timestamp = _record.TimestampUnixMs >= 0 ? _record.TimestampUnixMs : null;
        new DeadLetterRow(_topic, _partition, _record.Offset, itemIndex, timestamp, _record.Signal, reason, SqlState: null, error, service.ServiceName,
            itemIndex is null ? _record.ContentEncoding : PayloadEncodings.Identity)
            .WriteTo(service.Table(CopyLayouts.DeadLetters), payload);
    }

    /// <summary>Writes a dead letter in place of a span or log record that takes more bytes than one may.</summary>
    public void WriteTooLarge(ServiceRows service, int itemIndex, string what, ReadOnlySpan<byte> message) => WriteDeadLetter(
        service, itemIndex, DeadLetterReason.RecordTooLarge, $"A {what} has {message.Length:N0} bytes, {MaxItemBytes:N0} are allowed: see {nameof(DecodingOptions.MaxRecordBytes)}.", message);

    /// <summary>Keeps what the record wrote. Returns its rows.</summary>
    public int CommitRecord()
    {
        var rows = 0;
        foreach (var service in _touched)
        {
            rows += service.UncommittedRows;
        }

        foreach (var service in _touched)
        {
            Bytes += service.CommitRecord(_record.Offset, rows);
        }

        _touched.Clear();
        return rows;
    }

    /// <summary>Forgets what the record wrote; the record may write again.</summary>
    public void RollbackRecord()
    {
        _itemLetters.Clear();
        foreach (var service in _touched)
        {
            service.RollbackRecord();
        }

        // What takes their place is one dead letter.
        _recordServices = 0;
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

    /// <summary>The rows of the record take too much.</summary>
    [DoesNotReturn]
    public void ThrowTooLarge() => throw new RefusedPayloadException(
        DeadLetterReason.RowsTooLarge, $"The rows of the payload take more than {MaxRowBytes:N0} bytes in one table: send smaller payloads.");

    [DoesNotReturn]
    private void ThrowTooMany() => throw new RefusedPayloadException(
        DeadLetterReason.TooManyRecords,
        $"The payload holds more than {options.MaxRecordsPerPayload:N0} resources, scopes, spans, log records, metrics, data points and exemplars: see {nameof(DecodingOptions.MaxRecordsPerPayload)}.");

    [DoesNotReturn]
    private void ThrowTooManyServices() => throw new RefusedPayloadException(
        DeadLetterReason.TooManyServices,
        $"The payload is of more than {options.MaxServicesPerPayload:N0} services: see {nameof(DecodingOptions.MaxServicesPerPayload)}.");

    private ServiceRows? TakeFree()
    {
        if (!_free.TryPop(out var service))
        {
            return null;
        }

        _keptBytes -= service.BufferBytes;
        return service;
    }

    private void Clear()
    {
        // The services that came first are those that come again.
        foreach (var service in _services)
        {
            service.Clear();
            var bytes = service.BufferBytes;
            if (_free.Count < KeptServices && _keptBytes + bytes <= KeptBytes)
            {
                _keptBytes += bytes;
                _free.Push(service);
            }
            else
            {
                service.Release();
            }
        }

        _services.Clear();
        _touched.Clear();
        _itemLetters.Clear();
        _byName.Clear();
        _record = default;
        Bytes = 0;
    }
}
