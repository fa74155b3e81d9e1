using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Confluent.Kafka;
using OtelOrleans.Silo.Demo;
using Xunit;
using ErrorCode = Confluent.Kafka.ErrorCode;

namespace OtelOrleans.Tests.Demo;

public sealed class EmbeddedKafkaTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Records_of_eight_partitions_come_back_in_order()
    {
        const int Partitions = 8;
        const int Each = 50;
        using var kafka = new EmbeddedKafka();
        kafka.CreateTopic("ordered", Partitions);
        using var producer = Producer(kafka);
        var sent = new List<Task>();
        for (var i = 0; i < Each; i++)
        {
            for (var partition = 0; partition < Partitions; partition++)
            {
                sent.Add(producer.ProduceAsync(
                    new TopicPartition("ordered", partition),
                    new() { Value = Encoding.UTF8.GetBytes($"{partition}:{i}") },
                    TestContext.Current.CancellationToken));
            }
        }

        await Task.WhenAll(sent);

        var got = KafkaReading.Read(kafka.BootstrapServers, "ordered", Partitions, Partitions * Each, Patience);

        Assert.Equal(Partitions * Each, got.Count);
        foreach (var partition in got.GroupBy(r => r.Partition.Value))
        {
            Assert.Equal(
                Enumerable.Range(0, Each).Select(i => $"{partition.Key}:{i}"),
                partition.Select(r => Encoding.UTF8.GetString(r.Message.Value)));
        }
    }

    [Fact]
    public async Task Two_clusters_beside_each_other_do_not_mix()
    {
        using var left = new EmbeddedKafka();
        using var right = new EmbeddedKafka(brokers: 3);
        left.CreateTopic("same", 1);
        right.CreateTopic("same", 1);
        await ProduceAsync(left, "same", "left");
        await ProduceAsync(right, "same", "right");
        await ProduceAsync(right, "same", "right");

        Assert.Equal(3, right.BootstrapServers.Split(',').Length);
        Assert.Equal(["left"], Texts(left, atLeast: 1));
        Assert.Equal(["right", "right"], Texts(right, atLeast: 2));

        static IEnumerable<string> Texts(EmbeddedKafka kafka, int atLeast) =>
            KafkaReading.Read(kafka.BootstrapServers, "same", 1, atLeast, Patience).Select(r => Encoding.UTF8.GetString(r.Message.Value));
    }

    [Fact]
    public async Task A_broker_that_was_down_still_has_its_records()
    {
        using var kafka = new EmbeddedKafka();
        kafka.CreateTopic("kept", 1);
        await ProduceAsync(kafka, "kept", "before");
        kafka.TakeDown();

        // A client that knocks all the time used to be given the broker's own port in the end, and the broker could not come back.
        using (var producer = Producer(kafka, timeoutMs: 1000))
        {
            await Assert.ThrowsAsync<ProduceException<Null, byte[]>>(
                () => producer.ProduceAsync("kept", new() { Value = "lost"u8.ToArray() }, TestContext.Current.CancellationToken));
        }

        kafka.BringUp();
        await ProduceAsync(kafka, "kept", "after");

        var got = KafkaReading.Read(kafka.BootstrapServers, "kept", 1, 2, Patience);
        Assert.Equal(["before", "after"], got.Select(r => Encoding.UTF8.GetString(r.Message.Value)));
    }

    [Fact]
    public void A_broker_goes_down_and_comes_up_as_often_as_one_likes()
    {
        using var kafka = new EmbeddedKafka(brokers: 2);
        var port = int.Parse(kafka.BootstrapServers.Split(',')[1].Split(':')[1], CultureInfo.InvariantCulture);
        for (var i = 0; i < 20; i++)
        {
            kafka.TakeDown(broker: 2);
            Assert.False(Answers(port));
            kafka.BringUp(i % 2 == 0 ? 2 : EmbeddedKafka.AllBrokers);
            Assert.True(Answers(port));
        }

        static bool Answers(int port)
        {
            using var client = new TcpClient();
            try
            {
                client.Connect(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task An_injected_error_is_retried_by_the_producer()
    {
        const short Produce = 0;
        using var kafka = new EmbeddedKafka();
        kafka.CreateTopic("retried", 1);
        kafka.PushErrors(Produce, ErrorCode.NotLeaderForPartition, ErrorCode.Local_Transport);

        await ProduceAsync(kafka, "retried", "through");

        Assert.Single(KafkaReading.Read(kafka.BootstrapServers, "retried", 1, 1, Patience));
    }

    [Fact]
    public async Task Deleted_records_are_gone()
    {
        using var kafka = new EmbeddedKafka();
        kafka.CreateTopic("cut", 1);
        for (var i = 0; i < 5; i++)
        {
            await ProduceAsync(kafka, "cut", $"{i}");
        }

        kafka.DeleteRecords("cut", 0, beforeOffset: 3);

        var got = KafkaReading.Read(kafka.BootstrapServers, "cut", 1, 2, Patience);
        Assert.Equal([3L, 4L], got.Select(r => r.Offset.Value));
    }

    private static IProducer<Null, byte[]> Producer(EmbeddedKafka kafka, int timeoutMs = 20_000) => new ProducerBuilder<Null, byte[]>(
        new ProducerConfig { BootstrapServers = kafka.BootstrapServers, MessageTimeoutMs = timeoutMs, LingerMs = 0, LogConnectionClose = false })
        .SetLogHandler((_, _) => { })
        .Build();

    private static async Task ProduceAsync(EmbeddedKafka kafka, string topic, string text)
    {
        using var producer = Producer(kafka);
        await producer.ProduceAsync(new TopicPartition(topic, 0), new() { Value = Encoding.UTF8.GetBytes(text) });
    }
}
