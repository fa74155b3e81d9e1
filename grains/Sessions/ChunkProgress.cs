using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Grains.Sessions;

/// <summary>One polled chunk, or a decoded part of one, on its way to being durable. Guarded by the session's lock.</summary>
/// <param name="lastOffset">Offset of its last record.</param>
/// <param name="bytes">Payload bytes: what it takes of the credit.</param>
/// <param name="movedAt">When it was polled, in ticks of the session's clock.</param>
internal sealed class ChunkProgress(long lastOffset, long bytes, long movedAt)
{
    public long LastOffset => lastOffset;

    /// <summary>What it takes of the credit: first its payloads as they came, then what decoding made of them.</summary>
    public long Bytes { get; set; } = bytes;

    /// <summary>Kafka's timestamp of its first record, milliseconds since 1970; 0 if there is none.</summary>
    public long TimestampUnixMs { get; init; }

    /// <summary>Its records, once they are decoded; without those that have gone into a part.</summary>
    public RecordCounts Records { get; set; }

    /// <summary>When it was polled, or last decoded a part of.</summary>
    public long MovedAt { get; set; } = movedAt;

    /// <summary>What keeps it from being durable: one for its decoding, and one for each row batch sent and not yet known to be committed.</summary>
    public int Pending { get; set; } = 1;

    /// <summary>A decoder has taken it.</summary>
    public bool Entered { get; set; }

    /// <summary>Its decoding has ended and each of its batches was accepted by an aggregator.</summary>
    public bool Sent { get; set; }

    /// <summary>Ends when the chunk has left its session and the next one may enter.</summary>
    public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
