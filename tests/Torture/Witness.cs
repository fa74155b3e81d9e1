using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using ErrorCode = Confluent.Kafka.ErrorCode;

namespace OtelOrleans.Tests.Torture;

/// <summary>Reads everything that is in Kafka, beside the silos: what they must store is what it has seen, whatever became of the producer's requests.</summary>
internal sealed class Witness : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly SentRecords _sent;
    private readonly Backlogs _backlogs;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly ConcurrentDictionary<TopicPartition, long> _next;
    private readonly Thread _thread;
    private volatile string? _problem;
    private volatile bool _stopping;

    public Witness(string brokers, IEnumerable<(string Topic, int Partition)> partitions, SentRecords sent, Backlogs backlogs)
    {
        (_sent, _backlogs) = (sent, backlogs);
        _next = new(partitions.Select(p => KeyValuePair.Create(new TopicPartition(p.Topic, p.Partition), 0L)));
        _consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = brokers,
            GroupId = "torture-witness",
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Error,
            FetchWaitMaxMs = 20,
            FetchQueueBackoffMs = 10,
            ReconnectBackoffMaxMs = 1_000,
            LogConnectionClose = false,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        _consumer.Assign(_next.Keys.Select(p => new TopicPartitionOffset(p, 0)));
        _thread = new Thread(Run) { IsBackground = true, Name = "torture-witness" };
        _thread.Start();
    }

    /// <summary>Set when records went missing before they were seen: then the run proves nothing.</summary>
    public string? Problem => _problem;

    /// <summary>Whether it has seen everything that Kafka has now.</summary>
    public bool IsAtEnd()
    {
        try
        {
            return _next.All(n => _consumer.QueryWatermarkOffsets(n.Key, TimeSpan.FromSeconds(5)).High.Value == n.Value);
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _consumer.Dispose();
    }

    private void Run()
    {
        while (!_stopping && _problem is null)
        {
            try
            {
                if (_consumer.Consume(Poll) is { IsPartitionEOF: false } result)
                {
                    See(result);
                }
            }
            catch (ConsumeException e) when (e.Error.Code == ErrorCode.Local_AutoOffsetReset)
            {
                GoOn(e.ConsumerRecord.TopicPartition);
            }
            catch (KafkaException)
            {
                // Broken on purpose; it goes on by itself.
            }
        }
    }

    private void See(ConsumeResult<byte[], byte[]> result)
    {
        if (result.Offset.Value < _next[result.TopicPartition])
        {
            return;
        }

        if (result.Offset.Value > _next[result.TopicPartition])
        {
            _problem = $"the witness expected offset {_next[result.TopicPartition]} of {result.Topic}/{result.Partition.Value} and saw {result.Offset.Value}";
            return;
        }

        _next[result.TopicPartition]++;
        var number = long.Parse(Encoding.ASCII.GetString(result.Message.Key), CultureInfo.InvariantCulture);
        _sent.Arrived(number, result.Topic, result.Partition.Value, result.Offset.Value);
        _backlogs.Arrived(number, (result.Topic, result.Partition.Value), result.Offset.Value, result.Message.Value.Length);
    }

    /// <summary>An injected error said that the offset is out of range; if it is true, the next record shows it.</summary>
    private void GoOn(TopicPartition partition)
    {
        _consumer.IncrementalUnassign([partition]);
        _consumer.IncrementalAssign([new TopicPartitionOffset(partition, _next[partition])]);
    }
}
