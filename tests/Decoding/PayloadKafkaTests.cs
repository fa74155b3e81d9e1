using System.Text;
using Confluent.Kafka;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Silo.Kafka;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Infrastructure;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>From a header in Kafka to rows.</summary>
public sealed class PayloadKafkaTests
{
    [Fact]
    public async Task The_headers_of_a_record_come_with_it_to_the_decoder()
    {
        using var kafka = new EmbeddedKafka();
        kafka.CreateTopic("otlp_spans", 1);
        var payload = Traces("shop", NewSpan()).ToByteArray();
        var logs = Logs("shop", new OpenTelemetry.Proto.Logs.V1.LogRecord { TimeUnixNano = 1 }).ToByteArray();
        using (var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = kafka.BootstrapServers }).SetLogHandler((_, _) => { }).Build())
        {
            await SendAsync(producer, payload);
            await SendAsync(producer, PayloadCodecs.Compress("snappy", payload), ("content-encoding", "Snappy"));
            await SendAsync(producer, PayloadCodecs.Compress("zstd", logs), ("content-encoding", "br"), ("Content-Encoding", "zstd"), ("otelcol.signal", "logs"));
            await SendAsync(producer, PayloadCodecs.Compress("lz4", payload), ("content-encoding", ""));
            await SendAsync(producer, payload, ("content-encoding", "br"));
        }

        var options = new KafkaStreamOptions { Brokers = kafka.BootstrapServers };
        using var consumers = new KafkaConsumerPool(Options.Create(options), new RowArrayPool(), new KafkaClientLog(NullLogger<KafkaClientLog>.Instance, TimeProvider.System), TimeProvider.System);
        var buffer = consumers.Open("otlp_spans", 0, 0);
        List<PayloadRecord> records = [];
        await Wait.ForAsync(5, () =>
        {
            records.AddRange(buffer.TryTake(500, int.MaxValue, out _) ?? []);
            return Task.FromResult(records.Count);
        });
        Assert.Equal([null, "snappy", "zstd", null, "br"], records.Select(r => r.ContentEncoding));
        using var decoder = NewDecoder();
        var batches = decoder.Decode(new("otlp_spans", 0, 1, 1, records));
        Assert.Equal([0, 1, 2, 3], batches.Single(b => b.ServiceName == "shop").Batch.Offsets);
        Assert.Equal((3, 1), (Rows(batches, CopyLayouts.Spans).Count, Rows(batches, CopyLayouts.LogRecords).Count));
        Assert.Equal(("unknown_encoding", 4L), Rows(batches, CopyLayouts.DeadLetters).Select(l => (l.Text("reason"), (long)l["offset"]!)).Single());

        static Task SendAsync(IProducer<Null, byte[]> producer, byte[] value, params (string Name, string Value)[] headers)
        {
            var message = new Message<Null, byte[]> { Value = value, Headers = [] };
            foreach (var (name, text) in headers)
            {
                message.Headers.Add(name, Encoding.UTF8.GetBytes(text));
            }

            return producer.ProduceAsync("otlp_spans", message, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Known_encodings_cost_no_string_per_record()
    {
        var headers = new Headers { { "content-encoding", "GZIP"u8.ToArray() } };
        Assert.Same(KafkaContentEncoding.Of(headers), KafkaContentEncoding.Of(headers));
        Assert.Equal("gzip", KafkaContentEncoding.Of(headers));
        Assert.Null(KafkaContentEncoding.Of(null));
        Assert.Null(KafkaContentEncoding.Of([]));
        headers.Add("content-encoding", new byte[1000]);
        Assert.Equal(64, KafkaContentEncoding.Of(headers)!.Length);
    }
}
