using Orleans.Runtime;
using Orleans.Streams;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Tests.Kafka;

public sealed class KafkaQueueCacheTests
{
    private static readonly StreamId Stream = StreamId.Create("otlp", "t/0");
    private readonly KafkaQueueCache _cache = new(maxBytes: 100);
    private long _sequence;

    [Fact]
    public void Cursor_sees_every_chunk_once_in_order()
    {
        Add(1, 1);
        using var cursor = _cache.GetCacheCursor(Stream, null);
        Assert.Equal([1, 2], Read(cursor));

        Add(1);

        Assert.Equal([3], Read(cursor));
    }

    [Fact]
    public void Chunk_stays_until_the_cursor_has_gone_on()
    {
        Add(1, 1);
        using var cursor = _cache.GetCacheCursor(Stream, null);
        cursor.MoveNextWithResult();
        Assert.False(_cache.TryPurgeFromCache(out _));

        cursor.MoveNextWithResult();
        Assert.True(_cache.TryPurgeFromCache(out var purged));
        Assert.Equal(1, ((KafkaBatchContainer)Assert.Single(purged)).Token.SequenceNumber);

        cursor.MoveNextWithResult();
        Assert.True(_cache.TryPurgeFromCache(out _));
    }

    [Fact]
    public void Bytes_put_it_under_pressure_and_there_is_always_room_for_one()
    {
        using var cursor = _cache.GetCacheCursor(Stream, null);
        Assert.False(_cache.IsUnderPressure());
        Add(100);
        Assert.True(_cache.IsUnderPressure());
        for (var i = 0; i < 100; i++)
        {
            Add(1);
        }

        Assert.Equal(1, _cache.GetMaxAddCount());
        Read(cursor);
        _cache.TryPurgeFromCache(out _);
        Assert.False(_cache.IsUnderPressure());
    }

    [Fact]
    public void Cursor_can_begin_at_a_token()
    {
        Add(1, 1, 1);

        using var cursor = _cache.GetCacheCursor(Stream, new KafkaSequenceToken(2));

        Assert.Equal([2, 3], Read(cursor));
    }

    private void Add(params long[] bytes) => _cache.AddToCache(
        [.. bytes.Select(b => new KafkaBatchContainer(Stream, new KafkaSequenceToken(++_sequence), new PayloadChunk("t", 0, 1, _sequence, []), b))]);

    private static List<long> Read(IQueueCacheCursor cursor)
    {
        var read = new List<long>();
        while (cursor.MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success)
        {
            read.Add(((KafkaBatchContainer)cursor.GetCurrent(out _)!).Token.SequenceNumber);
        }

        return read;
    }
}
