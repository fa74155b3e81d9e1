namespace OtelOrleans.Grains.Sessions;

/// <summary>One polled chunk on its way to being durable. Guarded by the session's lock.</summary>
/// <param name="lastOffset">Offset of the chunk's last record.</param>
/// <param name="bytes">Payload bytes of the chunk: what it takes of the credit.</param>
/// <param name="polledAt">When it was polled, in ticks of the session's clock.</param>
internal sealed class ChunkProgress(long lastOffset, long bytes, long polledAt)
{
    public long LastOffset => lastOffset;

    /// <summary>Grows as compressed payloads turn out to be larger.</summary>
    public long Bytes { get; set; } = bytes;

    /// <summary>Decompressed bytes of what was decoded so far.</summary>
    public long DecodedBytes { get; set; }

    public long PolledAt => polledAt;

    /// <summary>What keeps the chunk from being durable: one for its decoding, and one for each row batch sent and not yet known to be committed.</summary>
    public int Pending { get; set; } = 1;

    /// <summary>A decoder has taken it.</summary>
    public bool Entered { get; set; }

    /// <summary>Its decoding has ended and each of its batches was accepted by an aggregator.</summary>
    public bool Sent { get; set; }

    /// <summary>Ends when the chunk has left its session and the next one may enter.</summary>
    public TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
