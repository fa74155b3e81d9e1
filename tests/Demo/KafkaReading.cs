using Confluent.Kafka;

namespace OtelOrleans.Tests.Demo;

/// <summary>Reads topics from their beginning with a plain consumer.</summary>
internal static class KafkaReading
{
    /// <summary>
    /// Reads until <paramref name="enough"/> records came and the partitions are at their end, or the time is over: the caller's assertion tells what was missing.
    /// </summary>
    public static List<ConsumeResult<Ignore, byte[]>> Read(string brokers, string topic, int partitions, int enough, TimeSpan patience)
    {
        using var consumer = Consumer(brokers);
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var got = new List<ConsumeResult<Ignore, byte[]>>();
        var ended = new HashSet<int>();
        for (var until = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(until) < patience;)
        {
            var result = consumer.Consume(TimeSpan.FromMilliseconds(100));
            if (result is { IsPartitionEOF: true })
            {
                ended.Add(result.Partition.Value);
            }
            else if (result is not null)
            {
                got.Add(result);
            }

            if (got.Count >= enough && ended.Count == partitions)
            {
                break;
            }
        }

        return got;
    }

    public static IConsumer<Ignore, byte[]> Consumer(string brokers) => new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
    {
        BootstrapServers = brokers,
        GroupId = "reading",
        EnableAutoCommit = false,
        AutoOffsetReset = AutoOffsetReset.Earliest,
        EnablePartitionEof = true,
        FetchWaitMaxMs = 10,
    }).SetLogHandler((_, _) => { }).Build();
}
