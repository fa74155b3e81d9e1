namespace OtelOrleans.Proto.Json;

/// <summary>Tells OTLP/JSON from protobuf.</summary>
public static class OtlpJson
{
    /// <summary>
    /// The payload is JSON. A <c>{</c> would be the tag of field 15 as a group: no request has that field, and no sender of OTLP writes groups. A byte order mark would be a tag of a
    /// wire type that does not exist. White space in front is another matter: its bytes are tags as well, and nearly every protobuf request begins with a line feed (field 1, length
    /// follows), some of them with a length of 123, which is <c>{</c>. So after white space not only the brace counts but also what follows it: a quote and something
    /// printable, which is above the tags of the messages that could stand there, or the end.
    /// </summary>
    public static bool IsJson(ReadOnlySpan<byte> payload)
    {
        payload = SkipMark(payload);
        if (payload.IsEmpty || payload[0] == '{')
        {
            return !payload.IsEmpty;
        }

        payload = SkipSpace(payload);
        if (payload is not [(byte)'{', ..])
        {
            return false;
        }

        payload = SkipSpace(payload[1..]);
        return payload is [(byte)'}', ..] ? SkipSpace(payload[1..]).IsEmpty : payload is [(byte)'"', >= 0x20, ..];
    }

    /// <summary>The payload without the byte order mark that it may begin with.</summary>
    internal static ReadOnlySpan<byte> SkipMark(ReadOnlySpan<byte> payload) => payload is [0xEF, 0xBB, 0xBF, ..] ? payload[3..] : payload;

    private static ReadOnlySpan<byte> SkipSpace(ReadOnlySpan<byte> payload) => payload.TrimStart(" \t\r\n"u8);
}
