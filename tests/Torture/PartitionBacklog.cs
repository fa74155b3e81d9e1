namespace OtelOrleans.Tests.Torture;

/// <summary>What of a partition is sent and not yet known to be stored. Guarded by <see cref="Backlogs"/>.</summary>
internal sealed class PartitionBacklog
{
    private readonly Queue<(long Offset, long Bytes)> _records = new();
    private DateTimeOffset _movedAt;

    /// <summary>First offset that is not stored, as Postgres says.</summary>
    public long ResumePoint { get; private set; }

    /// <summary>Offset after the last record in Kafka.</summary>
    public long End { get; private set; }

    /// <summary>Bytes that may be in Kafka and are not stored.</summary>
    public long Bytes { get; private set; }

    public void Sending(long bytes) => Bytes += bytes;

    /// <summary>It did not come to Kafka, as far as is known.</summary>
    public void NotSent(long bytes) => Bytes -= bytes;

    public void Arrived(long offset, long bytes, DateTimeOffset now)
    {
        if (_records.Count == 0)
        {
            _movedAt = now;
        }

        _records.Enqueue((offset, bytes));
        End = offset + 1;
        Forget();
    }

    /// <summary>Returns how long the resume point has stood still with something to do.</summary>
    public TimeSpan Stored(long resumePoint, DateTimeOffset now)
    {
        var stood = _records.Count == 0 ? TimeSpan.Zero : now - _movedAt;
        if (resumePoint > ResumePoint)
        {
            ResumePoint = resumePoint;
            _movedAt = now;
            Forget();
        }

        return stood;
    }

    private void Forget()
    {
        while (_records.TryPeek(out var record) && record.Offset < ResumePoint)
        {
            _records.Dequeue();
            Bytes -= record.Bytes;
        }
    }
}
