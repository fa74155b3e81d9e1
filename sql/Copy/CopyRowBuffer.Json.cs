using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace OtelOrleans.Sql.Copy;

// JSON within a jsonb column. What jsonb cannot hold makes the row lossy.
public sealed partial class CopyRowBuffer
{
    // The version byte of binary jsonb; the only one there is.
    private const byte JsonbVersion = 1;

    // 2^63. Integral doubles within the range of an int64 are written digit by digit; others cannot be taken for one.
    private const double Int64Limit = 9_223_372_036_854_775_808;

    // "-9223372036854775808.0" has 22 characters, the longest shortest round trip of a double 24.
    private const int MaxNumberLength = 32;

    private static readonly SearchValues<byte> NeedsEscape = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    /// <summary>Begins a <c>jsonb</c> column; ends with <see cref="EndColumn"/>.</summary>
    public int BeginJsonb()
    {
        var column = BeginColumn();
        WriteRaw(JsonbVersion);
        return column;
    }

    /// <summary>Writes <c>"name":</c>, with a comma in front if <paramref name="isFirst"/> is false.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteJsonName(ReadOnlySpan<byte> utf8, bool isFirst)
    {
        if (!isFirst)
        {
            WriteRaw((byte)',');
        }

        WriteJsonString(utf8);
        WriteRaw((byte)':');
    }

    /// <summary>
    /// Writes <c>"name":"text"</c>, with a comma in front if <paramref name="isFirst"/> is false, in one go. False, and nothing written, if a byte of them needs a closer look.
    /// </summary>
    /// <param name="name">The name, and what follows it: some bytes more are read as well, since whole vectors are cheaper than the right lengths.</param>
    /// <param name="nameLength">Length of the name.</param>
    /// <param name="text">The text, and what follows it.</param>
    /// <param name="textLength">Length of the text.</param>
    /// <param name="isFirst">No comma comes before it.</param>
    public bool TryWriteJsonMember(ReadOnlySpan<byte> name, int nameLength, ReadOnlySpan<byte> text, int textLength, bool isFirst)
    {
        var room = Reserve(nameLength + textLength + 6 + Vector256<byte>.Count);
        room[0] = (byte)',';
        var at = isFirst ? 0 : 1;
        room[at++] = (byte)'"';
        if (!TryCopyClean(name, nameLength, room[at..]))
        {
            return false;
        }

        at += nameLength;
        "\":\""u8.CopyTo(room[at..]);
        at += 3;
        if (!TryCopyClean(text, textLength, room[at..]))
        {
            return false;
        }

        at += textLength;
        room[at] = (byte)'"';
        _length += at + 1;
        return true;
    }

    /// <summary>Writes <c>"name":</c> in the same way.</summary>
    public bool TryWriteJsonName(ReadOnlySpan<byte> name, int nameLength, bool isFirst)
    {
        var room = Reserve(nameLength + 4 + Vector256<byte>.Count);
        room[0] = (byte)',';
        var at = isFirst ? 0 : 1;
        room[at++] = (byte)'"';
        if (!TryCopyClean(name, nameLength, room[at..]))
        {
            return false;
        }

        at += nameLength;
        room[at++] = (byte)'"';
        room[at++] = (byte)':';
        _length += at;
        return true;
    }

    /// <summary>Writes a string with quotes and escapes. NUL and broken UTF-8 become U+FFFD.</summary>
    public void WriteJsonString(ReadOnlySpan<byte> utf8)
    {
        var room = Reserve(utf8.Length + 2);
        room[0] = (byte)'"';
        var clean = CopyClean(utf8, room[1..]);
        _length += 1 + clean;
        if (clean < utf8.Length)
        {
            WriteEscaped(utf8[clean..]);
        }

        WriteRaw((byte)'"');
    }

    /// <summary>Writes bytes as a string in lower-case hex.</summary>
    public void WriteJsonHex(ReadOnlySpan<byte> value)
    {
        var room = Reserve(value.Length * 2 + 2);
        room[0] = (byte)'"';
        Convert.TryToHexStringLower(value, room[1..], out var written);
        room[written + 1] = (byte)'"';
        _length += written + 2;
    }

    /// <summary>Writes bytes as a string in base64. Nothing tells it from text then: the row is lossy.</summary>
    public void WriteJsonBase64(ReadOnlySpan<byte> value)
    {
        MarkLossy(CopyLosses.BytesValue);
        var room = Reserve(Base64.GetMaxEncodedToUtf8Length(value.Length) + 2);
        room[0] = (byte)'"';
        Base64.EncodeToUtf8(value, room[1..], out _, out var written);
        room[written + 1] = (byte)'"';
        _length += written + 2;
    }

    /// <summary>Writes an integer.</summary>
    public void WriteJsonInt(long value)
    {
        if ((ulong)value < 10)
        {
            WriteRaw((byte)('0' + value));
            return;
        }

        Utf8Formatter.TryFormat(value, Reserve(MaxNumberLength), out var written);
        _length += written;
    }

    /// <summary>Writes an unsigned integer.</summary>
    public void WriteJsonUInt(ulong value)
    {
        Utf8Formatter.TryFormat(value, Reserve(MaxNumberLength), out var written);
        _length += written;
    }

    /// <summary>
    /// Writes a double so that the same double can be read back and told from an integer: <c>1.0</c>, not <c>1</c>. jsonb keeps that digit.
    /// NaN and the infinities become strings, and negative zero loses its sign in Postgres: the row is lossy.
    /// </summary>
    public void WriteJsonDouble(double value)
    {
        if (!double.IsFinite(value))
        {
            MarkLossy(CopyLosses.NotFinite);
            WriteRaw(double.IsNaN(value) ? "\"NaN\""u8 : value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8);
            return;
        }

        int written;
        if (value == Math.Truncate(value) && value is >= -Int64Limit and < Int64Limit)
        {
            if (value == 0 && double.IsNegative(value))
            {
                MarkLossy(CopyLosses.NegativeZero);
            }

            Utf8Formatter.TryFormat((long)value, Reserve(MaxNumberLength), out written);
            _length += written;
            WriteRaw(".0"u8);
            return;
        }

        value.TryFormat(Reserve(MaxNumberLength), out written, default, CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>Writes <c>true</c> or <c>false</c>.</summary>
    public void WriteJsonBool(bool value) => WriteRaw(value ? "true"u8 : "false"u8);

    /// <summary>Writes <c>null</c>.</summary>
    public void WriteJsonNull() => WriteRaw("null"u8);

    // Copies up to the first byte that needs a closer look (control, quote, backslash, non-ASCII) and returns how many it copied. Copying and looking in one pass is what
    // makes short strings cheap. A signed comparison with 0x20 finds control bytes and non-ASCII at once. The destination has room for all of the source.
    private static int CopyClean(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var length = source.Length;
        if (length >= Vector128<byte>.Count)
        {
            var at = 0;
            do
            {
                var dirty = CopyVector(source, destination, at);
                if (dirty != 0)
                {
                    return at + BitOperations.TrailingZeroCount(dirty);
                }

                at += Vector128<byte>.Count;
            }
            while (at <= length - Vector128<byte>.Count);

            if (at == length)
            {
                return length;
            }

            // The rest together with some bytes already seen.
            at = length - Vector128<byte>.Count;
            var dirtyEnd = CopyVector(source, destination, at);
            return dirtyEnd == 0 ? length : at + BitOperations.TrailingZeroCount(dirtyEnd);
        }

        if (length >= sizeof(ulong))
        {
            var first = BinaryPrimitives.ReadUInt64LittleEndian(source);
            var last = BinaryPrimitives.ReadUInt64LittleEndian(source[^sizeof(ulong)..]);
            if ((Dirty(first) | Dirty(last)) == 0)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(destination, first);
                BinaryPrimitives.WriteUInt64LittleEndian(destination[(length - sizeof(ulong))..], last);
                return length;
            }
        }

        if (length is >= sizeof(uint) and < sizeof(ulong))
        {
            var first = BinaryPrimitives.ReadUInt32LittleEndian(source);
            var last = BinaryPrimitives.ReadUInt32LittleEndian(source[^sizeof(uint)..]);
            if (Dirty(first | (ulong)last << 32) == 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(destination, first);
                BinaryPrimitives.WriteUInt32LittleEndian(destination[(length - sizeof(uint))..], last);
                return length;
            }
        }

        for (var i = 0; i < source.Length; i++)
        {
            var c = source[i];
            if ((sbyte)c < 0x20 || c == '"' || c == '\\')
            {
                return i;
            }

            destination[i] = c;
        }

        return length;
    }

    // Copies a string unless one of its bytes needs a closer look. Where the source goes on for long enough, with whatever, whole vectors are copied: no branch depends on the length,
    // which differs from string to string. The destination has room for a vector more than the string.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryCopyClean(ReadOnlySpan<byte> source, int length, Span<byte> destination)
    {
        while (source.Length >= Vector256<byte>.Count)
        {
            var bytes = Vector256.Create(source[..Vector256<byte>.Count]);
            bytes.CopyTo(destination);
            var dirty = (Vector256.LessThan(bytes.AsSByte(), Vector256.Create((sbyte)0x20)).AsByte()
                | Vector256.Equals(bytes, Vector256.Create((byte)'"'))
                | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))).ExtractMostSignificantBits();
            if (length <= Vector256<byte>.Count)
            {
                return BitOperations.TrailingZeroCount(dirty) >= length;
            }

            if (dirty != 0)
            {
                return false;
            }

            length -= Vector256<byte>.Count;
            source = source[Vector256<byte>.Count..];
            destination = destination[Vector256<byte>.Count..];
        }

        return CopyClean(source[..length], destination) == length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint CopyVector(ReadOnlySpan<byte> source, Span<byte> destination, int at)
    {
        var bytes = Vector128.Create(source.Slice(at, Vector128<byte>.Count));
        bytes.CopyTo(destination.Slice(at, Vector128<byte>.Count));
        return (Vector128.LessThan(bytes.AsSByte(), Vector128.Create((sbyte)0x20)).AsByte()
            | Vector128.Equals(bytes, Vector128.Create((byte)'"'))
            | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))).ExtractMostSignificantBits();
    }

    // Non-zero if one of the 8 bytes needs a closer look. A borrow can blame the neighbour of a guilty byte, never acquit a guilty one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Dirty(ulong bytes)
    {
        const ulong ones = 0x0101010101010101, highBits = 0x8080808080808080;
        return (bytes | (bytes - ones * 0x20) | ((bytes ^ ones * '"') - ones) | ((bytes ^ ones * '\\') - ones)) & highBits;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteEscaped(ReadOnlySpan<byte> utf8)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
        {
            WriteEscapedBroken(utf8);
            return;
        }

        while (true)
        {
            var clean = utf8.IndexOfAny(NeedsEscape);
            if (clean < 0)
            {
                WriteRaw(utf8);
                return;
            }

            WriteRaw(utf8[..clean]);
            WriteEscape(utf8[clean]);
            utf8 = utf8[(clean + 1)..];
        }
    }

    private void WriteEscapedBroken(ReadOnlySpan<byte> utf8)
    {
        MarkLossy(CopyLosses.InvalidUtf8);
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out var rune, out var consumed) != OperationStatus.Done)
            {
                rune = Rune.ReplacementChar;
            }

            if (rune.IsAscii && NeedsEscape.Contains((byte)rune.Value))
            {
                WriteEscape((byte)rune.Value);
            }
            else
            {
                _length += rune.EncodeToUtf8(Reserve(4));
            }

            utf8 = utf8[consumed..];
        }
    }

    private void WriteEscape(byte c)
    {
        switch (c)
        {
            case (byte)'"':
                WriteRaw("\\\""u8);
                break;
            case (byte)'\\':
                WriteRaw("\\\\"u8);
                break;
            case (byte)'\n':
                WriteRaw("\\n"u8);
                break;
            case (byte)'\r':
                WriteRaw("\\r"u8);
                break;
            case (byte)'\t':
                WriteRaw("\\t"u8);
                break;
            case 0:
                MarkLossy(CopyLosses.Nul);
                WriteRaw("\uFFFD"u8);
                break;
            default:
                WriteRaw("\\u00"u8);
                WriteRaw("0123456789abcdef"u8[c >> 4]);
                WriteRaw("0123456789abcdef"u8[c & 0xf]);
                break;
        }
    }
}
