namespace OtelOrleans.Sql.Rollups;

/// <summary>Rate, errors and durations per minute, counted while spans are stored. Bound from the section <c>Rollups</c>.</summary>
public sealed class RollupOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Rollups";

    /// <summary>Whether spans are counted. Default true. Without rollups <c>service_red</c>, <c>operation_red</c>, <c>operations</c> and <c>service_map</c> stand still.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Span names of a service that are told apart within an hour or two; the spans of further ones count as <c>(other)</c>. 1 to 10,000. Default 500.</summary>
    public int MaxNamesPerService { get; set; } = 500;

    /// <summary>All that is wrong with the values, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        if (MaxNamesPerService is < 1 or > 10_000)
            yield return $"{Section}:{nameof(MaxNamesPerService)} is {MaxNamesPerService}: give 1 to 10000";
    }
}
