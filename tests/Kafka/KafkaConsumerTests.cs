using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Silo.Kafka;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Kafka;

/// <summary>The consumers below the stream provider, on Kafka's real protocol.</summary>
public sealed class KafkaConsumerTests
{
    private const int Records = 200;
    private const int RecordBytes = 4 << 10;

    [Fact]
    public async Task Partition_that_was_paused_is_read_again_after_a_seek()
    {
        using var kafka = new EmbeddedKafka();
        kafka.CreateTopic("otlp_spans", 1);
        var options = new KafkaStreamOptions { Brokers = kafka.BootstrapServers, MaxPrefetchBytes = 64 << 10 };
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).Build();
        for (var i = 0; i < Records; i++)
        {
            producer.Produce("otlp_spans", new Message<Null, byte[]> { Value = new byte[RecordBytes] });
        }

        producer.Flush(TimeSpan.FromSeconds(30));
        using var pool = new KafkaConsumerPool(Options.Create(options), new RowArrayPool(), new KafkaClientLog(NullLogger<KafkaClientLog>.Instance, TimeProvider.System), TimeProvider.System);
        var before = pool.Open("otlp_spans", 0, 0);
        await Wait.ForAsync(() => Task.FromResult(before.Bytes >= options.MaxPrefetchBytes), () => Task.FromResult($"{before.Bytes} bytes"));

        var after = pool.Seek(before, 10);

        var offsets = new List<long>();
        await Wait.ForAsync(
            () =>
            {
                offsets.AddRange((after.TryTake(int.MaxValue, int.MaxValue, out _) ?? []).Select(r => r.Offset));
                return Task.FromResult(offsets.Count == Records - 10);
            },
            () => Task.FromResult($"{offsets.Count} records"));
        Assert.Equal(Enumerable.Range(10, Records - 10).Select(i => (long)i), offsets);
    }
}
