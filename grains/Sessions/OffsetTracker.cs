namespace OtelOrleans.Grains.Sessions;

/// <summary>
/// Chunks in the order of their offsets, and the resume point: the first offset that is not yet durable. It moves over a chunk when nothing of it is pending
/// and everything before it is durable. Not thread safe; guarded by the session's lock.
/// </summary>
internal sealed class OffsetTracker(long resumePoint)
{
    private readonly Queue<ChunkProgress> _chunks = new();

    /// <summary>First offset that is not yet durable.</summary>
    public long ResumePoint { get; private set; } = resumePoint;

    /// <summary>Payload bytes of the chunks that are not yet durable.</summary>
    public long UndurableBytes { get; private set; }

    /// <summary>The oldest chunk that is not durable; null if all are.</summary>
    public ChunkProgress? Oldest => _chunks.TryPeek(out var chunk) ? chunk : null;

    /// <summary>Adds the next chunk; it is pending until <see cref="Complete"/> was called once for its decoding and once for each <see cref="ChunkProgress.Pending"/> added since.</summary>
    public ChunkProgress Add(long lastOffset, long bytes, long now)
    {
        var chunk = new ChunkProgress(lastOffset, bytes, now);
        _chunks.Enqueue(chunk);
        UndurableBytes += bytes;
        return chunk;
    }

    /// <summary>So many bytes came out of a part of the chunk, which is not yet durable: it takes of the credit what it takes of memory.</summary>
    public void Decoded(ChunkProgress chunk, long bytes)
    {
        chunk.DecodedBytes += bytes;
        if (chunk.DecodedBytes > chunk.Bytes)
        {
            UndurableBytes += chunk.DecodedBytes - chunk.Bytes;
            chunk.Bytes = chunk.DecodedBytes;
        }
    }

    /// <summary>One thing less is pending of the chunk. Returns whether the resume point moved.</summary>
    public bool Complete(ChunkProgress chunk)
    {
        chunk.Pending--;
        var moved = false;
        while (_chunks.TryPeek(out var oldest) && oldest.Pending == 0)
        {
            _chunks.Dequeue();
            ResumePoint = oldest.LastOffset + 1;
            UndurableBytes -= oldest.Bytes;
            moved = true;
        }

        return moved;
    }
}
