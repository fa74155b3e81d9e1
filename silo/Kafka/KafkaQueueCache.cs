using Orleans.Runtime;
using Orleans.Streams;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Chunks of one partition between receiver and decoder: first in, first out. One queue carries one stream, so a cursor is a place in the list. The session's credit bounds
/// what is in it. Used by one pulling agent, on its turn.
/// </summary>
internal sealed class KafkaQueueCache : IQueueCache
{
    /// <summary>Chunks wait here only while the decoder is busy with the one before; a few keep it busy.</summary>
    private const int MaxChunks = 16;

    private readonly LinkedList<KafkaBatchContainer> _chunks = new();
    private readonly List<Cursor> _cursors = [];

    /// <summary>Never 0: the pulling agent would return before it purges, and hang.</summary>
    public int GetMaxAddCount() => Math.Max(1, MaxChunks - _chunks.Count);

    /// <summary>Never: Orleans would not call the receiver, which is where a stuck session is found and begun anew. The credit stops reading instead.</summary>
    public bool IsUnderPressure() => false;

    public void AddToCache(IList<IBatchContainer> messages)
    {
        foreach (var chunk in messages.Cast<KafkaBatchContainer>())
        {
            var node = _chunks.AddLast(chunk);
            foreach (var cursor in _cursors)
            {
                cursor.Next ??= node;
            }
        }
    }

    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = [];
        if (_cursors.Count == 0)
        {
            return false;
        }

        while (_chunks.First is { } first && _cursors.TrueForAll(c => c.IsPast(first.Value)))
        {
            purgedItems.Add(first.Value);
            _chunks.RemoveFirst();
        }

        return purgedItems.Count > 0;
    }

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        var cursor = new Cursor(this);
        cursor.Seek(token);
        _cursors.Add(cursor);
        return cursor;
    }

    private sealed class Cursor(KafkaQueueCache cache) : IQueueCacheCursor
    {
        private LinkedListNode<KafkaBatchContainer>? _current;

        public LinkedListNode<KafkaBatchContainer>? Next { get; set; }

        public bool IsPast(KafkaBatchContainer chunk) =>
            (_current ?? Next) is not { } place || place.Value.Token.SequenceNumber > chunk.Token.SequenceNumber;

        public void Seek(StreamSequenceToken? token)
        {
            for (Next = cache._chunks.First; Next is not null && token is not null && Next.Value.Token.SequenceNumber < token.SequenceNumber; Next = Next.Next)
            {
            }
        }

        public IBatchContainer? GetCurrent(out Exception? exception)
        {
            exception = null;
            return _current?.Value;
        }

        public QueueCacheCursorMoveResult MoveNextWithResult()
        {
            _current = Next;
            Next = _current?.Next;
            return _current is not null ? QueueCacheCursorMoveResult.Success : QueueCacheCursorMoveResult.NoData;
        }

        [Obsolete("Orleans calls MoveNextWithResult.")]
        public bool MoveNext() => MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success;

        public void Refresh(StreamSequenceToken token)
        {
            if (_current is null && Next is null)
            {
                Seek(token);
            }
        }

        /// <summary>The decoder does not fail; what Orleans itself could not deliver shows as a skipped chunk and breaks the session.</summary>
        public void RecordDeliveryFailure()
        {
        }

        public void Dispose()
        {
            cache._cursors.Remove(this);
            _current = Next = null;
        }
    }
}

/// <summary>Makes the caches.</summary>
internal sealed class KafkaQueueAdapterCache : IQueueAdapterCache
{
    public IQueueCache CreateQueueCache(QueueId queueId) => new KafkaQueueCache();
}
