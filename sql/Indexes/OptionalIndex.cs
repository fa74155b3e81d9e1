using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OtelOrleans.Sql.Indexes;

/// <summary>An index that is there only where somebody asked for it, because each stored row pays for it. One name can stand for an index on each of several tables.</summary>
public sealed class OptionalIndex
{
    private const string AttributePrefix = "attribute:";

    // Names of indexes have 63 bytes: "log_records_20261124_attribute_" + 16 + "_" + 8 + "_idx" are 60.
    private const int MaxKeyInName = 16;

    private OptionalIndex(string name, string suffix, string? extension, params (string Table, string Definition)[] tables) =>
        (Name, Suffix, Extension, Tables) = (name, suffix, extension, tables);

    /// <summary>What <c>migrate --index</c> takes: the name, what it serves, and what it costs (sql/README.md says how that was measured).</summary>
    public static IReadOnlyList<(string Name, string Serves, string Cost)> Kinds { get; } =
    [
        ("attributes", "attributes @> '{\"key\": \"value\"}' of spans and log records", "12 µs and 124 bytes a span, 5 µs and 63 bytes a log record"),
        ("attribute:KEY", "left(attributes->>'KEY', 256) = 'value' of spans and log records, also by time", "7 µs and 66 bytes a row that has the attribute, 4 µs one that has not"),
        ("body-text", "to_tsvector('simple', left(body, 65536)) @@ … of log records: words", "25 µs and 129 bytes a log record"),
        ("body-trigram", "body like '%part%', ilike and ~ of log records; needs the extension pg_trgm", "47 µs and 205 bytes a log record"),
    ];

    /// <summary>The name by which people ask for it.</summary>
    public string Name { get; }

    /// <summary>The extension that it needs.</summary>
    internal string? Extension { get; }

    /// <summary>The tables, and what follows the table in <c>CREATE INDEX</c>.</summary>
    internal IReadOnlyList<(string Table, string Definition)> Tables { get; }

    private string Suffix { get; }

    /// <summary>The index of a name; false if there is none.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out OptionalIndex? index)
    {
        ArgumentNullException.ThrowIfNull(name);
        index = name switch
        {
            "attributes" => new(name, name, null, ("spans", "using gin (attributes jsonb_path_ops)"), ("log_records", "using gin (attributes jsonb_path_ops)")),
            "body-text" => new(name, "body_text", null, ("log_records", "using gin (to_tsvector('simple', left(body, 65536)))")),
            "body-trigram" => new(name, "body_trigram", "pg_trgm", ("log_records", "using gin (body gin_trgm_ops)")),
            _ when name.StartsWith(AttributePrefix, StringComparison.Ordinal) && name[AttributePrefix.Length..] is { Length: > 0 } key => OfAttribute(name, key),
            _ => null,
        };
        return index is not null;
    }

    /// <summary>The name of the index itself, on a table or on one of its leaves.</summary>
    internal string On(string relation) => $"{relation}_{Suffix}_idx";

    // 256 characters have 1,024 bytes at most: a longer key than 2,704 bytes would have the row refused. What lacks the attribute costs nothing: the predicate follows from any "=".
    private static OptionalIndex OfAttribute(string name, string key)
    {
        var value = $"attributes->>'{key.Replace("'", "''", StringComparison.Ordinal)}'";
        var readable = string.Concat(key.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_').Take(MaxKeyInName));
        // Different keys can look the same.
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 4));
        return new(name, $"attribute_{readable}_{hash}", null, ("spans", Definition("start_time")), ("log_records", Definition("time")));

        string Definition(string time) => $"(left({value}, 256), {time}) where {value} is not null";
    }
}
