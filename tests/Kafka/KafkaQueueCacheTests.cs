using Orleans.Runtime;
using Orleans.Streams;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Tests.Kafka;

public sealed class KafkaQueueCacheTests
{
    private static readonly StreamId Stream = StreamId.Create("otlp", "t/0");
    private readonly KafkaQueueCache _cache = new();
    private long _sequence;

    [Fact]
    public void Cursor_sees_every_chunk_once_in_order()
    {
        Add(2);
        using var cursor = _cache.GetCacheCursor(Stream, null);
        Assert.Equal([1, 2], Read(cursor));

        Add(1);

        Assert.Equal([3], Read(cursor));
    }

    [Fact]
    public void Chunk_stays_until_the_cursor_has_gone_on()
    {
        Add(2);
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
    public void There_is_always_room_for_one_and_the_receiver_is_always_asked()
    {
        for (var i = 0; i < 100; i++)
        {
            Add(1);
        }

        Assert.Equal(1, _cache.GetMaxAddCount());
        Assert.False(_cache.IsUnderPressure());
    }

    [Fact]
    public void Cursor_can_begin_at_a_token()
    {
        Add(3);

        using var cursor = _cache.GetCacheCursor(Stream, new KafkaSequenceToken(2));

        Assert.Equal([2, 3], Read(cursor));
    }

    private void Add(int chunks) => _cache.AddToCache(
        [.. Enumerable.Range(0, chunks).Select(_ => new KafkaBatchContainer(Stream, new KafkaSequenceToken(++_sequence), new PayloadChunk("t", 0, 1, _sequence, [])))]);

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
