namespace OtelOrleans.Proto.Json;

/// <summary>A field of a message, as its JSON and the wire know it.</summary>
/// <param name="name">Its name in JSON, in camel case.</param>
/// <param name="tag">One of the tags of <c>OtlpTags.cs</c>; of repeated numbers the packed one.</param>
/// <param name="kind">What its value looks like.</param>
internal sealed class JsonField(string name, uint tag, JsonFieldKind kind)
{
    /// <summary>Its name in JSON, in camel case.</summary>
    public string Name => name;

    /// <summary>Number and wire type.</summary>
    public uint Tag => tag;

    /// <summary>What its value, or each of its values, looks like.</summary>
    public JsonFieldKind Kind => kind;

    /// <summary>Its value is an array.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>Its value is an array whose numbers lie on the wire one after the other, without tags.</summary>
    public bool IsPacked => IsRepeated && kind is not (JsonFieldKind.Message or JsonFieldKind.Text or JsonFieldKind.Id or JsonFieldKind.Bytes);

    /// <summary>The wire type of one value; where it is packed, the tag does not tell.</summary>
    public uint ValueType { get; init; } = tag & 7;

    /// <summary>A null within the array stands for a value that is not set, and keeps its place.</summary>
    public bool NullIsEmpty { get; init; }

    /// <summary>What the objects are.</summary>
    public JsonMessage? Message { get; init; }

    /// <summary>Names of an enum, in the order of their numbers from 0 on.</summary>
    public IReadOnlyList<string> EnumNames { get; init; } = [];

    /// <summary>Its place among the fields of its message.</summary>
    public int Index { get; set; }

    /// <summary>Its name in the schema: <c>startTimeUnixNano</c> is <c>start_time_unix_nano</c> there.</summary>
    public string SchemaName => string.Concat(name.Select(c => char.IsAsciiLetterUpper(c) ? "_" + char.ToLowerInvariant(c) : c.ToString()));
}
