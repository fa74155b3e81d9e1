using System.Collections.Concurrent;

namespace OtelOrleans.Grains.Decoding;

/// <summary>What was learnt of one kind of dimension. Thread safe.</summary>
/// <typeparam name="TEntry">What is kept of each.</typeparam>
internal sealed class DimensionTable<TEntry>
    where TEntry : class, IDimensionEntry
{
    private readonly ConcurrentDictionary<ContentKey, TEntry> _byContent = new();
    private readonly ConcurrentDictionary<long, TEntry> _byId = new();

    /// <summary>Finds content that was seen before.</summary>
    public bool TryGet(in ContentKey key, out TEntry entry) => _byContent.TryGetValue(key, out entry!);

    /// <summary>Finds content that means the same as some that was seen before.</summary>
    public bool TryGet(long id, out TEntry entry) => _byId.TryGetValue(id, out entry!);

    /// <summary>Remembers content; if some that means the same is known, that one's entry.</summary>
    /// <returns>The entry to use, and whether its row is new here.</returns>
    public (TEntry Entry, bool IsNew) Add(in ContentKey key, long id, TEntry entry)
    {
        var isNew = _byId.TryAdd(id, entry);
        var kept = isNew ? entry : _byId[id];
        _byContent[key] = kept;
        return (kept, isNew);
    }
}
