namespace OtelOrleans.Tests.Torture;

/// <summary>All partitions: what is on its way, how long one stood still. Thread safe.</summary>
internal sealed class Backlogs(IEnumerable<(string Topic, int Partition)> partitions, TimeProvider time)
{
    /// <summary>The embedded Kafka keeps 5 MiB of a partition and drops what is older without a word, so no more than this is unread at any time.</summary>
    private const long MaxUnread = 3 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Topic, int Partition), PartitionBacklog> _backlogs = partitions.ToDictionary(p => p, _ => new PartitionBacklog());
    private readonly Dictionary<long, ((string Topic, int Partition) Partition, long Bytes)> _sending = [];
    private DateTimeOffset _movedAt = time.GetUtcNow();

    /// <summary>The longest time that a partition did not move although it was behind.</summary>
    public TimeSpan LongestStall { get; private set; }

    /// <summary>Where that was, and when it ended.</summary>
    public string LongestStallOf { get; private set; } = "";

    /// <summary>Whether another record may be sent there now; a record that is larger than the limit waits until the partition is empty.</summary>
    public bool HasRoom((string Topic, int Partition) partition, long bytes)
    {
        lock (_lock)
        {
            var unread = _backlogs[partition].Bytes;
            return unread == 0 || unread + bytes <= MaxUnread;
        }
    }

    public void Sending(long record, (string Topic, int Partition) partition, long bytes)
    {
        lock (_lock)
        {
            _sending[record] = (partition, bytes);
            _backlogs[partition].Sending(bytes);
        }
    }

    public void NotSent(long record)
    {
        lock (_lock)
        {
            if (_sending.Remove(record, out var sent))
            {
                _backlogs[sent.Partition].NotSent(sent.Bytes);
            }
        }
    }

    public void Arrived(long record, (string Topic, int Partition) partition, long offset, long bytes)
    {
        lock (_lock)
        {
            if (!_sending.Remove(record))
            {
                _backlogs[partition].Sending(bytes);
            }

            _backlogs[partition].Arrived(offset, bytes, time.GetUtcNow());
        }
    }

    /// <summary>Resume points as Postgres says; none while it does not answer.</summary>
    public void Stored(IReadOnlyDictionary<(string Topic, int Partition), long> resumePoints)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var (partition, backlog) in _backlogs)
            {
                var before = backlog.ResumePoint;
                var stood = backlog.Stored(resumePoints.GetValueOrDefault(partition), now);
                _movedAt = backlog.ResumePoint > before ? now : _movedAt;
                if (stood > LongestStall)
                {
                    (LongestStall, LongestStallOf) = (stood, $"{partition.Topic}/{partition.Partition} at {now:HH:mm:ss}");
                }
            }
        }
    }

    /// <summary>Partitions whose resume point is not where Kafka ends, with both.</summary>
    public IReadOnlyList<string> NotAtEnd()
    {
        lock (_lock)
        {
            return [.. _backlogs.Where(b => b.Value.ResumePoint != b.Value.End).Select(b => $"{b.Key.Topic}/{b.Key.Partition} is stored up to {b.Value.ResumePoint} of {b.Value.End}")];
        }
    }

    /// <summary>Time since the resume point of any partition was seen to move.</summary>
    public TimeSpan SinceMoved
    {
        get
        {
            lock (_lock)
            {
                return time.GetUtcNow() - _movedAt;
            }
        }
    }

    /// <summary>Bytes that are sent and not stored.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _backlogs.Values.Sum(b => b.Bytes);
            }
        }
    }
}
