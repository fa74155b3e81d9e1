using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Google.Protobuf;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Tests.Decoding;
using OtelOrleans.Tests.Json;

namespace OtelOrleans.Tests.Torture;

/// <summary>
/// Sends numbered records at a steady rate, fewer while partitions are full. Nothing is sent twice: what fails is given up, and the <see cref="Witness"/> tells whether it came to
/// Kafka all the same.
/// </summary>
internal sealed class Producer(Load load, int seed, IReadOnlyDictionary<Signal, string> topics, int partitions, SentRecords sent, Backlogs backlogs) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);
    private static readonly Signal[] Signals = Enum.GetValues<Signal>();

    private readonly Random _random = new(seed);
    private readonly NumberedPayloads _payloads = new(new Random(seed), load.Padding);
    private IProducer<byte[], byte[]>? _client;
    private long _failed;

    /// <summary>Records that Kafka did not take, or perhaps did not.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Sends until cancelled, then until all is sent or given up.</summary>
    public async Task RunAsync(string brokers, CancellationToken ct)
    {
        _client = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = brokers,
            Acks = Acks.All,
            MessageSendMaxRetries = 0,
            MessageTimeoutMs = 10_000,
            MessageMaxBytes = 16 << 20,
            LingerMs = 5,
            ReconnectBackoffMaxMs = 1_000,
            LogConnectionClose = false,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var clock = Stopwatch.StartNew();
        var (due, last) = (0.0, TimeSpan.Zero);
        while (!ct.IsCancellationRequested)
        {
            // What could not be sent because everything was full is not made up for.
            due = Math.Min(due + ((clock.Elapsed - last).TotalSeconds * load.RecordsPerSecond), load.RecordsPerSecond / 4);
            last = clock.Elapsed;
            for (; due >= 1 && TrySend(_client); due--)
            {
            }

            await Task.Delay(Tick, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        while (_client.Flush(TimeSpan.FromMilliseconds(200)) > 0)
        {
            await Task.Yield();
        }
    }

    public void Dispose() => _client?.Dispose();

    /// <summary>False if the partition that was drawn is full: try again later.</summary>
    private bool TrySend(IProducer<byte[], byte[]> client)
    {
        var signal = load.IsMixed ? Signals[_random.Next(Signals.Length)] : Signal.Traces;
        var partition = (Topic: topics[signal], Partition: _random.Next(partitions));
        var items = load.IsFull ? load.MaxItems : 1 + (int)(load.MaxItems * Math.Pow(_random.NextDouble(), 3));
        if (!backlogs.HasRoom(partition, (long)items * (load.Padding + 150)))
        {
            return false;
        }

        string? encoding = null;
        var isPoison = _random.NextDouble() < load.PoisonShare;
        var record = sent.Add(signal, items, hasRefused: _random.NextDouble() < load.RefusedShare, number =>
        {
            if (!isPoison)
            {
                return null;
            }

            (var reason, var payload, encoding) = Poison.Make(number, _random);
            return (reason, payload);
        });
        var value = record.Poison?.Payload ?? Encode(_payloads.Make(record, services: load.IsMixed && _random.Next(6) == 0 ? 3 : 1), out encoding);
        var message = new Message<byte[], byte[]> { Key = Encoding.ASCII.GetBytes(record.Number.ToString(CultureInfo.InvariantCulture)), Value = value };
        if (encoding is not null)
        {
            message.Headers = [new Header("content-encoding", Encoding.ASCII.GetBytes(encoding))];
        }

        backlogs.Sending(record.Number, partition, value.Length);
        try
        {
            client.Produce(new TopicPartition(partition.Topic, partition.Partition), message, report =>
            {
                if (report.Error.IsError)
                {
                    GiveUp(record);
                }
            });
        }
        catch (ProduceException<byte[], byte[]>)
        {
            // The client's queue is full, or it has given up on the topic for the moment.
            GiveUp(record);
            return false;
        }

        return true;
    }

    private void GiveUp(SentRecord record)
    {
        Interlocked.Increment(ref _failed);
        backlogs.NotSent(record.Number);
    }

    private byte[] Encode(IMessage payload, out string? encoding)
    {
        encoding = null;
        switch (load.IsMixed ? _random.Next(8) : 7)
        {
            case 0:
                return RandomJson.Write(payload, _random);
            case 1:
                var (way, header, hasMagic) = PayloadCodecs.All[_random.Next(PayloadCodecs.All.Length)];
                encoding = hasMagic && _random.Next(2) == 0 ? null : header;
                return PayloadCodecs.Compress(way, payload.ToByteArray());
            default:
                return payload.ToByteArray();
        }
    }
}
