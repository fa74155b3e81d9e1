using System.Collections.Concurrent;

namespace OtelOrleans.Silo.Kafka;

/// <summary>Which partitions a person has paused, as Postgres last said it.</summary>
internal sealed class PausedPartitions(TimeProvider time, ILogger<PausedPartitions> log)
{
    private readonly ConcurrentDictionary<(string Topic, int Partition), long> _resumedAt = new();
    private volatile HashSet<(string Topic, int Partition)>? _paused;

    /// <summary>Whether nothing is to be taken of the partition. Before Postgres has said it first, nothing is: a pause must hold over a restart.</summary>
    public bool IsPaused(string topic, int partition) => _paused?.Contains((topic, partition)) ?? true;

    /// <summary>Whether a person has paused the partition.</summary>
    public bool IsKnownPaused(string topic, int partition) => _paused?.Contains((topic, partition)) ?? false;

    /// <summary>Time since the partition was resumed; null if it was not since the silo began.</summary>
    public TimeSpan? SinceResumed(string topic, int partition) => _resumedAt.TryGetValue((topic, partition), out var at) ? time.GetElapsedTime(at) : null;

    public void Set(IEnumerable<(string Topic, int Partition)> paused)
    {
        HashSet<(string Topic, int Partition)> now = [.. paused];
        var before = _paused ?? [];
        foreach (var resumed in before.Except(now))
        {
            _resumedAt[resumed] = time.GetTimestamp();
            SiloLog.PartitionResumed(log, resumed.Topic, resumed.Partition);
        }

        foreach (var (topic, partition) in now.Except(before))
        {
            SiloLog.PartitionPaused(log, topic, partition);
        }

        _paused = now;
    }
}
