namespace OtelOrleans.Grains.Decoding;

/// <summary>What the cache keeps of some content: a dimension row and what decoders want to know besides.</summary>
internal interface IDimensionEntry
{
    /// <summary>The row.</summary>
    Dimension Dimension { get; }
}

/// <summary>What is known of a resource.</summary>
/// <param name="Dimension">Its row.</param>
/// <param name="ServiceName">The key of the aggregator: <c>service.name</c>, cut to <see cref="ServiceNames.MaxLength"/>.</param>
/// <param name="ServiceNameUtf8">The same for the column, clean UTF-8.</param>
internal sealed record ResourceEntry(Dimension Dimension, string ServiceName, byte[] ServiceNameUtf8) : IDimensionEntry
{
    /// <summary>Content hash.</summary>
    public long Id { get; } = Dimension.Id;
}

/// <summary>What is known of a scope.</summary>
/// <param name="Dimension">Its row.</param>
internal sealed record ScopeEntry(Dimension Dimension) : IDimensionEntry
{
    /// <summary>Content hash.</summary>
    public long Id { get; } = Dimension.Id;
}
