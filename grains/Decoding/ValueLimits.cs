namespace OtelOrleans.Grains.Decoding;

/// <summary>How much of attributes and values goes into JSON columns; what has more is cut, and its row lossy. From <see cref="DecodingOptions"/>, which has the reasons.</summary>
/// <param name="MaxAttributes">Attributes of one resource, scope, span, event, link, log record, data point or exemplar.</param>
/// <param name="MaxValueBytes">Bytes of one string or bytes value.</param>
/// <param name="MaxDepth">Levels of lists within lists.</param>
/// <param name="MaxLists">Events, links, entity references, lists and maps of one row.</param>
internal sealed record ValueLimits(int MaxAttributes, int MaxValueBytes, int MaxDepth, int MaxLists)
{
    /// <summary>The defaults.</summary>
    public static ValueLimits Default { get; } = Of(new());

    /// <summary>As configured.</summary>
    public static ValueLimits Of(DecodingOptions options) => new(options.MaxAttributes, options.MaxAttributeValueBytes, options.MaxDepth, options.MaxLists);
}
