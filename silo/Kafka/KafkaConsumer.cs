using System.Collections.Concurrent;
using Confluent.Kafka;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// One Kafka consumer that several partitions share, with the thread that polls it. Only that thread touches the client: others leave it commands.
/// Group membership is not used; partitions are assigned by hand, at offsets that Postgres knows.
/// </summary>
internal sealed class KafkaConsumer : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>While a partition is paused nothing may arrive; look again soon whether it can go on.</summary>
    private static readonly TimeSpan PollWhilePaused = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan WatermarkInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WatermarkTimeout = TimeSpan.FromSeconds(5);

    private readonly PrefetchBudget _budget;
    private readonly KafkaClientLog _log;
    private readonly TimeProvider _time;
    private readonly IConsumer<Ignore, ReadOnlyMemory<byte>> _consumer;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly Dictionary<TopicPartition, PartitionBuffer> _buffers = [];
    private readonly List<PartitionBuffer> _paused = [];
    private readonly Dictionary<string, Signal> _signals;
    private readonly Thread _thread;
    private volatile bool _stopping;
    private int _partitions;

    public KafkaConsumer(KafkaStreamOptions options, PrefetchBudget budget, RowArrayPool arrays, int number, KafkaClientLog log, TimeProvider time)
    {
        _budget = budget;
        _log = log;
        _time = time;
        _signals = options.Topics().ToDictionary(t => t.Name, t => t.Signal);
        var config = options.Client<ConsumerConfig>();
        config.GroupId = options.GroupId;
        // What is committed to Kafka is only what Mirror stores, and nobody reads it but lag tools.
        config.EnableAutoCommit = true;
        config.EnableAutoOffsetStore = false;
        // Data that is gone must be noticed, not skipped.
        config.AutoOffsetReset = AutoOffsetReset.Error;
        // A queue of 8 MiB per consumer bounds memory; the short back-off keeps it full (the default of a second costs an order of magnitude).
        config.QueuedMaxMessagesKbytes = 8 << 10;
        config.QueuedMinMessages = 10_000;
        config.FetchQueueBackoffMs = 10;
        config.FetchWaitMaxMs = 20;
        config.FetchMaxBytes = 8 << 20;
        config.MaxPartitionFetchBytes = 1 << 20;
        config.AllowAutoCreateTopics = false;
        foreach (var (key, value) in options.Properties)
        {
            config.Set(key, value);
        }

        _consumer = new ConsumerBuilder<Ignore, ReadOnlyMemory<byte>>(config)
            .SetValueDeserializer(new PooledDeserializer(arrays))
            .SetErrorHandler((_, error) => _log.Error(error))
            .SetLogHandler((_, message) => _log.Message(message))
            .Build();
        _thread = new Thread(Run) { IsBackground = true, Name = $"kafka-consumer-{number}" };
        _thread.Start();
    }

    /// <summary>Number of partitions it reads.</summary>
    public int Partitions => Volatile.Read(ref _partitions);

    /// <summary>Begins to read a partition into the buffer, from the buffer's start, and ends what it read of the partition before.</summary>
    public void Assign(PartitionBuffer buffer)
    {
        Interlocked.Increment(ref _partitions);
        _commands.Enqueue(() =>
        {
            var partition = PartitionOf(buffer);
            if (_buffers.TryGetValue(partition, out var before))
            {
                Remove(partition, before);
            }

            _buffers.Add(partition, buffer);
            _budget.Join();
            _consumer.IncrementalAssign([new TopicPartitionOffset(partition, buffer.StartOffset)]);
        });
    }

    /// <summary>Ends reading into the buffer.</summary>
    public void Unassign(PartitionBuffer buffer) => _commands.Enqueue(() =>
    {
        var partition = PartitionOf(buffer);
        if (_buffers.TryGetValue(partition, out var current) && current == buffer)
        {
            Remove(partition, buffer);
        }
    });

    /// <summary>Mirrors a resume point into the group's committed offsets, for lag tools. The client sends it when it next commits, every few seconds; best effort.</summary>
    public void Mirror(PartitionBuffer buffer, long resumePoint) => _commands.Enqueue(() =>
    {
        var partition = PartitionOf(buffer);
        if (_buffers.ContainsKey(partition))
        {
            _consumer.StoreOffset(new TopicPartitionOffset(partition, resumePoint));
        }
    });

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
    }

    private void Run()
    {
        var watermarksAt = _time.GetTimestamp();
        while (!_stopping)
        {
            try
            {
                while (_commands.TryDequeue(out var command))
                {
                    command();
                }

                if (_consumer.Consume(_paused.Count == 0 ? Poll : PollWhilePaused) is { IsPartitionEOF: false } result)
                {
                    Put(result);
                }

                ResumeDrained();
                if (_time.GetElapsedTime(watermarksAt) > WatermarkInterval)
                {
                    watermarksAt = _time.GetTimestamp();
                    NoteWatermarks();
                }
            }
            catch (ConsumeException e) when (e.Error.Code == ErrorCode.Local_AutoOffsetReset)
            {
                OutOfRange(e.ConsumerRecord.TopicPartition);
            }
            catch (KafkaException e)
            {
                // The thread serves other partitions too; one that cannot be read shows in the silo's readiness.
                _log.Error(e.Error);
            }
        }

        _consumer.Close();
        _consumer.Dispose();
    }

    private void Put(ConsumeResult<Ignore, ReadOnlyMemory<byte>> result)
    {
        if (!_buffers.TryGetValue(result.TopicPartition, out var buffer))
        {
            return;
        }

        var headers = result.Message.Headers;
        buffer.Put(new PayloadRecord(
            result.Offset.Value,
            result.Message.Timestamp.UnixTimestampMs,
            KafkaSignal.Of(headers, _signals[result.Topic]),
            result.Message.Value,
            KafkaContentEncoding.Of(headers)));
        if (buffer.Bytes >= _budget.Limit && !_paused.Contains(buffer))
        {
            _paused.Add(buffer);
            _consumer.Pause([result.TopicPartition]);
        }
    }

    /// <summary>Pausing throws away what the client has prefetched, so it is done seldom: full at the limit, again at a quarter of it.</summary>
    private void ResumeDrained()
    {
        for (var i = _paused.Count - 1; i >= 0; i--)
        {
            if (_paused[i].Bytes <= _budget.Limit / 4)
            {
                _consumer.Resume([PartitionOf(_paused[i])]);
                _paused.RemoveAt(i);
            }
        }
    }

    private void NoteWatermarks()
    {
        foreach (var (partition, buffer) in _buffers)
        {
            if (_consumer.GetWatermarkOffsets(partition) is { High.IsSpecial: false } marks)
            {
                buffer.HighWatermark = marks.High.Value;
            }
        }
    }

    /// <summary>Kafka does not have the offset asked for. The client has stopped the partition; the receiver decides how to go on.</summary>
    private void OutOfRange(TopicPartition partition)
    {
        if (!_buffers.TryGetValue(partition, out var buffer))
        {
            return;
        }

        try
        {
            var marks = _consumer.QueryWatermarkOffsets(partition, WatermarkTimeout);
            buffer.OutOfRange = (marks.Low.Value, marks.High.Value);
        }
        catch (KafkaException e)
        {
            _log.Error(e.Error);
            _consumer.IncrementalUnassign([partition]);
            _consumer.IncrementalAssign([new TopicPartitionOffset(partition, buffer.StartOffset)]);
        }
    }

    private void Remove(TopicPartition partition, PartitionBuffer buffer)
    {
        _buffers.Remove(partition);
        buffer.Close();
        _budget.Leave();
        Interlocked.Decrement(ref _partitions);
        if (_paused.Remove(buffer))
        {
            // The client keeps the pause over unassign and assign: the next reader of the partition would wait for ever.
            _consumer.Resume([partition]);
        }

        _consumer.IncrementalUnassign([partition]);
    }

    private static TopicPartition PartitionOf(PartitionBuffer buffer) => new(buffer.Topic, buffer.Partition);
}
