namespace OtelOrleans.Proto.Json;

/// <summary>What the JSON value of a field may look like. How it lies on the wire, the wire type of the field's tag says.</summary>
internal enum JsonFieldKind
{
    /// <summary>An object.</summary>
    Message,

    /// <summary>A string.</summary>
    Text,

    /// <summary>Bytes as hex: trace and span ids, where OTLP differs from protobuf's own JSON.</summary>
    Id,

    /// <summary>Bytes as base64.</summary>
    Bytes,

    /// <summary><c>uint64</c> or <c>fixed64</c>: a string or a number.</summary>
    UInt64,

    /// <summary><c>int64</c> or <c>sfixed64</c>: a string or a number.</summary>
    Int64,

    /// <summary><c>uint32</c> or <c>fixed32</c>.</summary>
    UInt32,

    /// <summary><c>sint32</c>; on the wire in zigzag.</summary>
    SInt32,

    /// <summary>A number, a number in a string, or <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c>.</summary>
    Double,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Bool,

    /// <summary>A number of 32 bits; the name is tolerated.</summary>
    Enum,
}
