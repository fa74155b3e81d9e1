using Confluent.Kafka;
using OtelOrleans.Silo.Demo;
using ErrorCode = Confluent.Kafka.ErrorCode;

namespace OtelOrleans.Tests.Torture;

/// <summary>Everything that is done to an embedded Kafka of several brokers.</summary>
internal sealed class KafkaFaults(KafkaProcess kafka, IReadOnlyList<(string Topic, int Partition)> partitions, FaultTimes times)
{
    /// <summary>Apache Kafka's numbers of requests, and what a broker may answer to each.</summary>
    private static readonly (short ApiKey, ErrorCode[] Codes)[] Answers =
    [
        (0, [ErrorCode.NotEnoughReplicas, ErrorCode.RequestTimedOut, ErrorCode.NotLeaderForPartition, ErrorCode.Local_Transport]),
        (1, [ErrorCode.NotLeaderForPartition, ErrorCode.LeaderNotAvailable, ErrorCode.RequestTimedOut, ErrorCode.OffsetOutOfRange, ErrorCode.Local_Transport]),
        (2, [ErrorCode.NotLeaderForPartition, ErrorCode.LeaderNotAvailable, ErrorCode.Local_Transport]),
        (3, [ErrorCode.LeaderNotAvailable, ErrorCode.RequestTimedOut, ErrorCode.Local_Transport]),
        (8, [ErrorCode.GroupCoordinatorNotAvailable, ErrorCode.NotCoordinatorForGroup, ErrorCode.Local_Transport]),
        (10, [ErrorCode.GroupCoordinatorNotAvailable, ErrorCode.Local_Transport]),
    ];

    public IReadOnlyList<Fault> All() =>
    [
        Away("kafka_all_brokers_down", _ => EmbeddedKafka.AllBrokers),
        Away("kafka_broker_down", random => 1 + random.Next(kafka.Brokers)),
        new("kafka_errors", async (random, _) =>
        {
            // Some of each request, so that consumers, the producer and the topic watcher all get theirs.
            foreach (var (apiKey, codes) in Answers)
            {
                await kafka.TellAsync(["errors", apiKey, .. Enumerable.Range(0, 1 + random.Next(6)).Select(_ => codes[random.Next(codes.Length)])]);
            }

            return true;
        }),
        new("kafka_leaders_moved", async (random, _) =>
        {
            foreach (var (topic, partition) in partitions.Where(_ => random.Next(3) == 0))
            {
                await kafka.TellAsync("leader", topic, partition, 1 + random.Next(kafka.Brokers));
            }

            return true;
        }),
        new("kafka_slow", async (random, ct) =>
        {
            await kafka.TellAsync("delay", EmbeddedKafka.AllBrokers, 50 + random.Next(500));
            await Faults.PauseAsync(times.BrokerAway.Choose(random), ct);
            await kafka.TellAsync("delay", EmbeddedKafka.AllBrokers, 0);
            return true;
        }),
    ];

    /// <summary>Forgets errors that nobody has asked for yet.</summary>
    public async Task MendAsync()
    {
        foreach (var (apiKey, _) in Answers)
        {
            await kafka.TellAsync("no-errors", apiKey);
        }
    }

    private Fault Away(string kind, Func<Random, int> choose) => new(kind, async (random, ct) =>
    {
        var broker = choose(random);
        await kafka.TellAsync("down", broker);
        await Faults.PauseAsync(times.BrokerAway.Choose(random), ct);
        await kafka.TellAsync("up", broker);
        return true;
    });
}
