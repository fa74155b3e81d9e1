using Confluent.Kafka;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>Sends records to the partitions of a topic in turns. What Kafka does not take ends the bench.</summary>
internal sealed class BenchSender : IDisposable
{
    private readonly IProducer<Null, byte[]> _client;
    private readonly string _topic;
    private readonly int _partitions;
    private int _next;
    private volatile string? _failure;

    public BenchSender(string brokers, string topic, int partitions, CompressionType compression)
    {
        (_topic, _partitions) = (topic, partitions);
        _client = new ProducerBuilder<Null, byte[]>(new ProducerConfig
        {
            BootstrapServers = brokers,
            Acks = Acks.All,
            LingerMs = 5,
            CompressionType = compression,
            MessageMaxBytes = 16 << 20,
            QueueBufferingMaxKbytes = 256 << 10,
        }).Build();
    }

    public void Send(byte[] record)
    {
        while (true)
        {
            try
            {
                _client.Produce(new TopicPartition(_topic, _next % _partitions), new Message<Null, byte[]> { Value = record }, Delivered);
                _next++;
                return;
            }
            catch (ProduceException<Null, byte[]> e) when (e.Error.Code == Confluent.Kafka.ErrorCode.Local_QueueFull)
            {
                _client.Poll(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    /// <summary>Waits until Kafka has everything.</summary>
    public void Flush()
    {
        var left = _client.Flush(TimeSpan.FromMinutes(2));
        if (left > 0 || _failure is not null)
        {
            throw new InvalidOperationException($"Kafka did not take all records: {_failure ?? $"{left} are left"}");
        }
    }

    public void Dispose() => _client.Dispose();

    private void Delivered(DeliveryReport<Null, byte[]> report)
    {
        if (report.Error.IsError)
        {
            _failure = report.Error.Reason;
        }
    }
}
