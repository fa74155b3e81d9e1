using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Resources, scopes, metric series and histogram bounds that this silo has met, found by a hash of their wire bytes: what they contain is parsed and encoded once.
/// One per silo, shared by all decoders, thread safe. Finding what is known allocates nothing.
/// </summary>
/// <param name="maxBytes">Beyond this everything is forgotten and learnt anew: crude, but safe, since the rows of dimensions are written idempotently.</param>
internal sealed class DimensionCache(long maxBytes = DimensionCache.DefaultMaxBytes)
{
    /// <summary>64 MiB: some 100,000 metric series of usual size.</summary>
    public const long DefaultMaxBytes = 64 * 1024 * 1024;

    // Objects, dictionary nodes and keys around a row; an estimate.
    private const int OverheadBytes = 300;

    private readonly DimensionTable<ResourceEntry> _resources = new();
    private readonly DimensionTable<ScopeEntry> _scopes = new();
    private readonly DimensionTable<Dimension> _series = new();
    private readonly DimensionTable<Dimension> _bounds = new();
    private long _bytes;

    /// <summary>About what the cache takes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The resource with these wire bytes.</summary>
    public ResourceEntry Resource(ReadOnlySpan<byte> message, ReadOnlySpan<byte> schemaUrl)
    {
        var key = ContentKey.Of(schemaUrl, message);
        if (_resources.TryGet(key, out var known))
        {
            return known;
        }

        var entry = ResourceRow.Create(message, schemaUrl);
        return Remember(_resources, key, entry.Dimension, entry);
    }

    /// <summary>The scope with these wire bytes.</summary>
    public ScopeEntry Scope(ReadOnlySpan<byte> message, ReadOnlySpan<byte> schemaUrl)
    {
        var key = ContentKey.Of(schemaUrl, message);
        if (_scopes.TryGet(key, out var known))
        {
            return known;
        }

        var entry = ScopeRow.Create(message, schemaUrl);
        return Remember(_scopes, key, entry.Dimension, entry);
    }

    /// <summary>The series of a metric with these attributes.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="attributes">Attribute fields of a data point and nothing else.</param>
    /// <param name="tag">Their tag.</param>
    public Dimension Series(in MetricHeader metric, ReadOnlySpan<byte> attributes, uint tag)
    {
        var key = ContentKey.Of(metric.Hash, attributes);
        if (_series.TryGet(key, out var known))
        {
            return known;
        }

        var dimension = MetricSeriesRow.Create(metric, attributes, tag);
        return Remember(_series, key, dimension, dimension);
    }

    /// <summary>The list of bounds.</summary>
    /// <param name="packed">The bounds as little-endian doubles.</param>
    public Dimension Bounds(ReadOnlySpan<byte> packed)
    {
        var key = ContentKey.Of([], packed);
        if (_bounds.TryGet(key, out var known))
        {
            return known;
        }

        var dimension = HistogramBoundsRow.Create(packed);
        return Remember(_bounds, key, dimension, dimension);
    }

    private TEntry Remember<TEntry>(DimensionTable<TEntry> table, in ContentKey key, Dimension dimension, TEntry entry)
        where TEntry : class
    {
        var (kept, isNew) = table.Add(key, dimension.Id, entry);
        if (isNew && dimension.Losses != CopyLosses.None)
        {
            DecodeMetrics.Lossless([dimension.Losses]);
        }

        if (Interlocked.Add(ref _bytes, OverheadBytes + (isNew ? dimension.Row.Length : 0)) > maxBytes)
        {
            // Entries that decoders hold stay valid; two threads that clear at once do no harm.
            Interlocked.Exchange(ref _bytes, 0);
            _resources.Clear();
            _scopes.Clear();
            _series.Clear();
            _bounds.Clear();
        }

        return kept;
    }
}
