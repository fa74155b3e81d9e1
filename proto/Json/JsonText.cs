using System.Buffers.Binary;

namespace OtelOrleans.Proto.Json;

/// <summary>
/// Strings of JSON as the bytes of a protobuf string. <c>Utf8JsonReader</c> would do that too, but it throws at what is not well-formed; here it comes through, and the rules of the
/// decoder for broken UTF-8 and NUL apply: the row is stored, repaired, with the original beside it.
/// </summary>
internal static class JsonText
{
    /// <summary>
    /// Resolves the escapes of a string that the reader has found to be valid JSON. <c>\u0000</c> becomes a zero byte, half a surrogate pair the three bytes that UTF-8 would have
    /// for its number if it allowed it: broken UTF-8 for everybody who looks, and nothing is lost.
    /// </summary>
    /// <param name="escaped">What stands between the quotes.</param>
    /// <param name="destination">At least as long: no escape is shorter than what it stands for.</param>
    /// <returns>Bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> destination)
    {
        var written = 0;
        while (true)
        {
            var plain = escaped.IndexOf((byte)'\\');
            if (plain < 0)
            {
                escaped.CopyTo(destination[written..]);
                return written + escaped.Length;
            }

            escaped[..plain].CopyTo(destination[written..]);
            written += plain;
            var kind = escaped[plain + 1];
            escaped = escaped[(plain + 2)..];
            if (kind != 'u')
            {
                destination[written++] = Resolve(kind);
                continue;
            }

            uint rune = CodeUnit(escaped);
            escaped = escaped[4..];
            if (char.IsHighSurrogate((char)rune) && escaped is [(byte)'\\', (byte)'u', ..] && CodeUnit(escaped[2..]) is var second && char.IsLowSurrogate((char)second))
            {
                rune = (uint)char.ConvertToUtf32((char)rune, (char)second);
                escaped = escaped[6..];
            }

            written += Encode(rune, destination[written..]);
        }
    }

    private static byte Resolve(byte kind) => kind switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'t' => (byte)'\t',
        (byte)'r' => (byte)'\r',
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        _ => kind,
    };

    private static ushort CodeUnit(ReadOnlySpan<byte> hex)
    {
        Span<byte> bytes = stackalloc byte[2];
        Convert.FromHexString(hex[..4], bytes, out _, out _);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    // Not Rune.EncodeToUtf8: there is no rune for half a surrogate pair.
    private static int Encode(uint value, Span<byte> destination)
    {
        switch (value)
        {
            case < 0x80:
                destination[0] = (byte)value;
                return 1;
            case < 0x800:
                destination[0] = (byte)(0xC0 | value >> 6);
                destination[1] = (byte)(0x80 | value & 0x3F);
                return 2;
            case < 0x10000:
                destination[0] = (byte)(0xE0 | value >> 12);
                destination[1] = (byte)(0x80 | value >> 6 & 0x3F);
                destination[2] = (byte)(0x80 | value & 0x3F);
                return 3;
            default:
                destination[0] = (byte)(0xF0 | value >> 18);
                destination[1] = (byte)(0x80 | value >> 12 & 0x3F);
                destination[2] = (byte)(0x80 | value >> 6 & 0x3F);
                destination[3] = (byte)(0x80 | value & 0x3F);
                return 4;
        }
    }
}
