using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Resources, scopes, metric series and histogram bounds that this silo has met, found by a hash of their wire bytes: what they contain is parsed and encoded once.
/// One per silo, shared by all decoders, thread safe. Finding what is known allocates nothing.
/// <para>
/// Two generations: what is new, or found in the old one, goes to the young one; when that has half of the bytes it becomes the old one, and the old one is dropped. So what is
/// in use stays and pods that went away are forgotten, without a list to be kept in order at every hit.
/// </para>
/// </summary>
/// <param name="maxBytes">For both generations; exceeded by an entry or two at most. Forgetting is safe: the rows of dimensions are written idempotently.</param>
/// <param name="limits">What is cut off their attributes; the defaults where none are given.</param>
internal sealed class DimensionCache(long maxBytes = DimensionCache.DefaultMaxBytes, ValueLimits? limits = null)
{
    /// <summary>64 MiB: some 100,000 metric series of usual size.</summary>
    public const long DefaultMaxBytes = 64 * 1024 * 1024;

    // Objects, dictionary nodes and keys around a row; an estimate.
    private const int OverheadBytes = 300;

    private readonly ValueLimits _limits = limits ?? ValueLimits.Default;
    private readonly Lock _rotation = new();
    private DimensionGeneration _young = new();
    private DimensionGeneration _old = new();

    /// <summary>About what the cache takes.</summary>
    public long Bytes => Volatile.Read(ref _young).Bytes + Volatile.Read(ref _old).Bytes;

    /// <summary>The resource with these wire bytes.</summary>
    public ResourceEntry Resource(ReadOnlySpan<byte> message, ReadOnlySpan<byte> schemaUrl)
    {
        var key = ContentKey.Of(schemaUrl, message);
        return Find(static g => g.Resources, key) ?? Add(static g => g.Resources, key, ResourceRow.Create(message, schemaUrl, _limits));
    }

    /// <summary>The scope with these wire bytes.</summary>
    public ScopeEntry Scope(ReadOnlySpan<byte> message, ReadOnlySpan<byte> schemaUrl)
    {
        var key = ContentKey.Of(schemaUrl, message);
        return Find(static g => g.Scopes, key) ?? Add(static g => g.Scopes, key, ScopeRow.Create(message, schemaUrl, _limits));
    }

    /// <summary>The series of a metric with these attributes.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="attributes">Attribute fields of a data point and nothing else.</param>
    /// <param name="tag">Their tag.</param>
    public Dimension Series(in MetricHeader metric, ReadOnlySpan<byte> attributes, uint tag)
    {
        var key = ContentKey.Of(metric.Hash, attributes);
        return Find(static g => g.Series, key) ?? Add(static g => g.Series, key, MetricSeriesRow.Create(metric, attributes, tag, _limits));
    }

    /// <summary>The list of bounds.</summary>
    /// <param name="packed">The bounds as little-endian doubles.</param>
    public Dimension Bounds(ReadOnlySpan<byte> packed)
    {
        var key = ContentKey.Of([], packed);
        return Find(static g => g.Bounds, key) ?? Add(static g => g.Bounds, key, HistogramBoundsRow.Create(packed));
    }

    private TEntry? Find<TEntry>(Func<DimensionGeneration, DimensionTable<TEntry>> table, in ContentKey key)
        where TEntry : class, IDimensionEntry
    {
        if (table(Volatile.Read(ref _young)).TryGet(key, out var entry))
        {
            return entry;
        }

        return table(Volatile.Read(ref _old)).TryGet(key, out entry) ? Add(table, key, entry) : null;
    }

    // Different bytes may mean the same: then the entry that is already there is used, so that there is one Dimension per row.
    private TEntry Add<TEntry>(Func<DimensionGeneration, DimensionTable<TEntry>> table, in ContentKey key, TEntry entry)
        where TEntry : class, IDimensionEntry
    {
        var dimension = entry.Dimension;
        var isKnown = table(Volatile.Read(ref _old)).TryGet(dimension.Id, out var known);
        var young = Volatile.Read(ref _young);
        var (kept, isNew) = table(young).Add(key, dimension.Id, isKnown ? known : entry);
        if (isNew && !isKnown && dimension.Losses != CopyLosses.None)
        {
            DecodeMetrics.Lossless([dimension.Losses]);
        }

        if (young.Grow(OverheadBytes + (isNew ? dimension.Row.Length : 0)) > maxBytes / 2)
        {
            Rotate(young);
        }

        return kept;
    }

    private void Rotate(DimensionGeneration full)
    {
        lock (_rotation)
        {
            // Of several threads that found it full the first one rotates.
            if (ReferenceEquals(_young, full))
            {
                Volatile.Write(ref _old, full);
                Volatile.Write(ref _young, new());
            }
        }
    }
}
