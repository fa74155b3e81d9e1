namespace OtelOrleans.Proto;

/// <summary>How a field's value is laid out: the low three bits of its tag.</summary>
public static class WireType
{
    /// <summary>Base-128 integer of up to 10 bytes.</summary>
    public const uint Varint = 0;

    /// <summary>8 bytes, little-endian.</summary>
    public const uint Fixed64 = 1;

    /// <summary>A length, then as many bytes: strings, bytes, messages, packed numbers.</summary>
    public const uint Bytes = 2;

    /// <summary>Fields up to the matching <see cref="EndGroup"/>. OTLP has none; unknown fields may.</summary>
    public const uint StartGroup = 3;

    /// <summary>End of a group.</summary>
    public const uint EndGroup = 4;

    /// <summary>4 bytes, little-endian.</summary>
    public const uint Fixed32 = 5;
}
