namespace OtelOrleans.Grains.Decoding;

/// <summary>What the dimension cache learnt, or was asked for again, between two rotations.</summary>
internal sealed class DimensionGeneration
{
    private long _bytes;

    public DimensionTable<ResourceEntry> Resources { get; } = new();

    public DimensionTable<ScopeEntry> Scopes { get; } = new();

    public DimensionTable<Dimension> Series { get; } = new();

    public DimensionTable<Dimension> Bounds { get; } = new();

    /// <summary>About what it takes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Adds to <see cref="Bytes"/>; returns the sum.</summary>
    public long Grow(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
