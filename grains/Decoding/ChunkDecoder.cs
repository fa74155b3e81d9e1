using Microsoft.Extensions.Options;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto;
using OtelOrleans.Proto.Json;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Turns the records of a chunk into encoded rows, one batch per service. The rows of a record depend on nothing but its bytes, its offset and its timestamp, so a replay
/// gives the same. Belongs to one decoder grain: not thread safe, its buffers are reused from chunk to chunk; what it hands out is not.
/// </summary>
/// <param name="dimensions">Shared by the decoders of a silo.</param>
/// <param name="time">Tells how long a dimension row is believed to be stored.</param>
/// <param name="options">Limits; the defaults where none are given.</param>
/// <param name="arrays">What rows are handed out in, to be given back when they are stored; shared by the silo.</param>
internal sealed class ChunkDecoder(DimensionCache dimensions, TimeProvider time, IOptions<DecodingOptions>? options = null, RowArrayPool? arrays = null) : IDisposable
{
    /// <summary>
    /// A chunk is decoded in parts of so many bytes, of payloads decompressed or of rows, and whatever the last record of a part has more: 500 records of a chunk that each
    /// stay within their limit could else make tens of GB of rows at once. 8 MiB: an uncompressed chunk makes one part, and a partition may decode one more beyond the credit.
    /// </summary>
    public const long PartBytes = 8 << 20;

    /// <summary>A part ends as well when it is of so many services, since each has buffers of its own.</summary>
    public const int PartServices = 1_000;

    private readonly DecodingOptions _options = options?.Value ?? new();
    private readonly ChunkRows _rows = new(time, options?.Value ?? new(), arrays ?? new());
    private readonly PayloadOpener _payloads = new(options?.Value ?? new());
    private readonly OtlpJsonTranscoder _json = new();
    private SignalDecoder? _traces;
    private SignalDecoder? _logs;
    private SignalDecoder? _metrics;

    /// <summary>Of the records decoded by the last call, how many have no rows.</summary>
    public int EmptyRecords { get; private set; }

    /// <summary>
    /// Decodes all records, in order, of protobuf or JSON: the first byte tells. A payload that is neither, or beyond a limit, becomes one dead letter of
    /// <see cref="ServiceNames.Unknown"/> and nothing else; an empty one nothing at all. Allocates some objects per batch and nothing per row.
    /// </summary>
    public IReadOnlyList<DecodedBatch> Decode(PayloadChunk chunk)
    {
        var next = 0;
        var batches = Decode(chunk, ref next, long.MaxValue, out _);
        while (next < chunk.Records.Count)
        {
            batches = [.. batches, .. Decode(chunk, ref next, long.MaxValue, out _)];
        }

        return batches;
    }

    /// <summary>Decodes records from <paramref name="next"/> on, up to the end or until a part is full.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="next">The first record to decode; afterwards the first of the next part, or the number of records.</param>
    /// <param name="partBytes">Usually <see cref="PartBytes"/>.</param>
    /// <param name="bytes">What the part takes of memory: size of the payloads, decompressed, or of the rows, whichever is more.</param>
    public IReadOnlyList<DecodedBatch> Decode(PayloadChunk chunk, ref int next, long partBytes, out long bytes)
    {
        bytes = 0;
        EmptyRecords = 0;
        var payloadBytes = 0L;
        Span<long> records = stackalloc long[DecodeMetrics.Signals];
        Span<long> recordBytes = stackalloc long[DecodeMetrics.Signals];
        records.Clear();
        recordBytes.Clear();
        _rows.BeginChunk(chunk.StoredTopic, chunk.Partition);
        for (; next < chunk.Records.Count && bytes < partBytes && _rows.Services < PartServices; next++)
        {
            // Zero bytes are a valid message with nothing in it, and a tombstone.
            var record = chunk.Records[next];
            var signal = (int)record.Signal < DecodeMetrics.Signals ? (int)record.Signal : 0;
            records[signal]++;
            recordBytes[signal] += record.Value.Length;
            if (record.Value.Length > 0)
            {
                payloadBytes += Decode(record, chunk.Topic);
                bytes = Math.Max(payloadBytes, _rows.Bytes);
            }
            else
            {
                EmptyRecords++;
            }
        }

        DecodeMetrics.Decoded(records, recordBytes);
        _payloads.Clear();
        return _rows.TakeBatches();
    }

    /// <inheritdoc/>
    public void Dispose() => _payloads.Dispose();

    private int Decode(in PayloadRecord record, string topic)
    {
        var length = record.Value.Length;
        _rows.BeginRecord(record);
        try
        {
            var payload = _payloads.Open(record, topic);
            length = payload.Length;
            var decoder = DecoderOf(record.Signal);
            if (PayloadFormats.IsJson(payload, FormatOf(topic)))
            {
                payload = FromJson(record.Signal, payload);
            }

            SignalCheck.Check(record.Signal, payload);
            decoder.Decode(payload);
            _rows.WriteItemLetters(payload);
        }
        catch (OtherSignalException other)
        {
            Refuse(record, DeadLetterReason.WrongSignal, other.Message);
        }
        catch (MalformedPayloadException malformed)
        {
            Refuse(record, DeadLetterReason.MalformedPayload, malformed.Message);
        }
        catch (RefusedPayloadException refused)
        {
            Refuse(record, refused.Reason, refused.Message);
        }

        EmptyRecords += _rows.CommitRecord() == 0 ? 1 : 0;
        return length;
    }

    private void Refuse(in PayloadRecord record, string reason, string error)
    {
        _rows.RollbackRecord();
        _rows.WriteDeadLetter(reason, error, record.Value.Span);
    }

    private string? FormatOf(string topic) => _options.Encodings.Count > 0 ? _options.Encodings.GetValueOrDefault(topic) : null;

    private ReadOnlySpan<byte> FromJson(Signal signal, ReadOnlySpan<byte> payload) => signal switch
    {
        Signal.Traces => _json.TranscodeTraces(payload),
        Signal.Logs => _json.TranscodeLogs(payload),
        _ => _json.TranscodeMetrics(payload),
    };

    private SignalDecoder DecoderOf(Signal signal) => signal switch
    {
        Signal.Traces => _traces ??= new TraceDecoder(dimensions, _rows),
        Signal.Logs => _logs ??= new LogsDecoder(dimensions, _rows),
        Signal.Metrics => _metrics ??= new MetricsDecoder(dimensions, _rows),
        _ => throw new MalformedPayloadException($"The signal {(int)signal} is not known to this version."),
    };
}
