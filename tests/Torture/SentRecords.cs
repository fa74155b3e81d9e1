using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Torture;

/// <summary>The book of what was sent, and of what arrived in Kafka: only the latter must be stored. Thread safe.</summary>
internal sealed class SentRecords
{
    private readonly Lock _lock = new();
    private readonly List<SentRecord> _sent = [];
    private readonly Dictionary<Signal, int> _nextItem = Enum.GetValues<Signal>().ToDictionary(s => s, _ => 0);
    private readonly List<(long Number, string Topic, int Partition, long Offset)> _inKafka = [];

    /// <summary>Books the next record; numbers are given out once, so that one whose sending failed leaves a hole and nothing else.</summary>
    public SentRecord Add(Signal signal, int items, bool hasRefused, Func<long, (string, byte[])?> poison)
    {
        lock (_lock)
        {
            var number = _sent.Count;
            var first = _nextItem[signal];
            var bytes = poison(number);
            var record = new SentRecord(number, signal, first, bytes is null ? items : 0, bytes is null && hasRefused ? first + (items / 2) : null, bytes);
            _nextItem[signal] += record.Items;
            _sent.Add(record);
            return record;
        }
    }

    /// <summary>The record is in Kafka. (More than once if a client sent it twice: then its rows are expected twice.)</summary>
    public void Arrived(long number, string topic, int partition, long offset)
    {
        lock (_lock)
        {
            _inKafka.Add((number, topic, partition, offset));
        }
    }

    /// <summary>Records in Kafka, and where they are.</summary>
    public IReadOnlyList<(SentRecord Record, string Topic, int Partition, long Offset)> InKafka()
    {
        lock (_lock)
        {
            return [.. _inKafka.Select(r => (_sent[(int)r.Number], r.Topic, r.Partition, r.Offset))];
        }
    }

    /// <summary>Numbers of a signal's items are below this.</summary>
    public int NextItem(Signal signal)
    {
        lock (_lock)
        {
            return _nextItem[signal];
        }
    }

    /// <summary>Records in Kafka.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _inKafka.Count;
            }
        }
    }
}
