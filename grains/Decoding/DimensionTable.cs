using System.Collections.Concurrent;

namespace OtelOrleans.Grains.Decoding;

/// <summary>What was learnt of one kind of dimension. Thread safe.</summary>
/// <typeparam name="TEntry">What is kept of each.</typeparam>
internal sealed class DimensionTable<TEntry>
    where TEntry : class
{
    private readonly ConcurrentDictionary<ContentKey, TEntry> _byContent = new();
    private readonly ConcurrentDictionary<long, TEntry> _byId = new();

    /// <summary>Finds content that was seen before.</summary>
    public bool TryGet(in ContentKey key, out TEntry entry) => _byContent.TryGetValue(key, out entry!);

    /// <summary>
    /// Remembers content. Different bytes may mean the same: then the entry that is already there is used, so that there is one <see cref="Dimension"/> per row.
    /// </summary>
    /// <returns>The entry to use, and whether its row is new.</returns>
    public (TEntry Entry, bool IsNew) Add(in ContentKey key, long id, TEntry entry)
    {
        var kept = _byId.GetOrAdd(id, entry);
        _byContent[key] = kept;
        return (kept, ReferenceEquals(kept, entry));
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _byContent.Clear();
        _byId.Clear();
    }
}
