using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto;
using OtelOrleans.Proto.Json;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Turns the records of a chunk into encoded rows, one batch per service. The rows of a record depend on nothing but its bytes, its offset and its timestamp, so a replay
/// gives the same. Belongs to one decoder grain: not thread safe, its buffers are reused from chunk to chunk; what it hands out is not.
/// </summary>
/// <param name="dimensions">Shared by the decoders of a silo.</param>
/// <param name="time">Tells how long a dimension row is believed to be stored.</param>
internal sealed class ChunkDecoder(DimensionCache dimensions, TimeProvider time)
{
    private readonly ChunkRows _rows = new(time);
    private readonly OtlpJsonTranscoder _json = new();
    private SignalDecoder? _traces;
    private SignalDecoder? _logs;
    private SignalDecoder? _metrics;

    /// <summary>
    /// Decodes all records, in order, of protobuf or JSON: the first byte tells. A payload that is neither becomes one dead letter of <see cref="ServiceNames.Unknown"/> and nothing else; an empty one nothing at all.
    /// Allocates what it returns: the arrays of the batches, exactly as large as their content.
    /// </summary>
    public IReadOnlyList<DecodedBatch> Decode(PayloadChunk chunk)
    {
        _rows.BeginChunk(chunk.Topic, chunk.Partition);
        for (var i = 0; i < chunk.Records.Count; i++)
        {
            // Zero bytes are a valid message with nothing in it, and a tombstone.
            var record = chunk.Records[i];
            if (record.Value.Length > 0)
            {
                Decode(record);
            }
        }

        return _rows.TakeBatches();
    }

    private void Decode(in PayloadRecord record)
    {
        _rows.BeginRecord(record);
        try
        {
            var decoder = DecoderOf(record.Signal);
            decoder.Decode(OtlpJson.IsJson(record.Value) ? FromJson(record) : record.Value);
        }
        catch (MalformedPayloadException malformed)
        {
            _rows.RollbackRecord();
            _rows.WriteDeadLetter(_rows.For(ServiceNames.Unknown), null, DeadLetterReason.MalformedPayload, malformed.Message, record.Value);
        }

        _rows.CommitRecord();
    }

    private ReadOnlySpan<byte> FromJson(in PayloadRecord record) => record.Signal switch
    {
        Signal.Traces => _json.TranscodeTraces(record.Value),
        Signal.Logs => _json.TranscodeLogs(record.Value),
        _ => _json.TranscodeMetrics(record.Value),
    };

    private SignalDecoder DecoderOf(Signal signal) => signal switch
    {
        Signal.Traces => _traces ??= new TraceDecoder(dimensions, _rows),
        Signal.Logs => _logs ??= new LogsDecoder(dimensions, _rows),
        Signal.Metrics => _metrics ??= new MetricsDecoder(dimensions, _rows),
        _ => throw new MalformedPayloadException($"The signal {(int)signal} is not known to this version."),
    };
}
