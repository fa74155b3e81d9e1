using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OtelOrleans.Proto.Json;

// Values that are neither objects nor plain strings.
public sealed partial class OtlpJsonTranscoder
{
    // Lengths below it take one byte. No id is that long.
    private const int ShortLength = 0x80;

    // An id that is not hex goes on as the characters that were sent, for the decoder to refuse that record and nobody else. So that it cannot take 8 or 16 of them for an id,
    // there is one more.
    private const byte NotAnId = (byte)'?';

    private void WriteId(ReadOnlySpan<byte> text)
    {
        var room = _output.Reserve(1 + ShortLength);
        if (text.Length < 2 * ShortLength && Convert.FromHexString(text, room[1..ShortLength], out _, out var written) == OperationStatus.Done)
        {
            room[0] = (byte)written;
            _output.Advance(1 + written);
            return;
        }

        var isAmbiguous = text.Length is 8 or 16;
        _output.WriteVarint((uint)(text.Length + (isAmbiguous ? 1 : 0)));
        _output.WriteRaw(text);
        if (isAmbiguous)
        {
            _output.WriteRaw([NotAnId]);
        }
    }

    // Both alphabets, with padding or without, as in protobuf's own JSON.
    private void ReadBase64(ref Utf8JsonReader reader, JsonField field)
    {
        var text = String(ref reader, field).TrimEnd((byte)'=');
        var padded = (text.Length + 3) / 4 * 4;
        var content = _output.BeginLength();
        var room = _output.Reserve(padded)[..padded];
        text.CopyTo(room);
        room.Replace((byte)'-', (byte)'+');
        room.Replace((byte)'_', (byte)'/');
        room[text.Length..].Fill((byte)'=');
        if (Base64.DecodeFromUtf8InPlace(room, out var written) != OperationStatus.Done)
        {
            Fail(reader, field, "base64");
        }

        _output.Advance(written);
        EndLength(reader, field, content);
    }

    private void ReadNumber(ref Utf8JsonReader reader, JsonField field)
    {
        switch (field.Kind)
        {
            case JsonFieldKind.UInt64:
                if (!JsonNumber.TryRead(NumberText(ref reader, field), out ulong unsigned))
                {
                    Fail(reader, field, "an integer from 0 to 2^64 - 1");
                }

                WriteNumber(field, unsigned);
                break;
            case JsonFieldKind.UInt32:
                if (!JsonNumber.TryRead(NumberText(ref reader, field), out ulong small) || small > uint.MaxValue)
                {
                    Fail(reader, field, "an integer from 0 to 2^32 - 1");
                }

                WriteNumber(field, small);
                break;
            case JsonFieldKind.Int64:
                if (!JsonNumber.TryRead(NumberText(ref reader, field), out long signed))
                {
                    Fail(reader, field, "an integer from -2^63 to 2^63 - 1");
                }

                WriteNumber(field, (ulong)signed);
                break;
            case JsonFieldKind.SInt32:
                var number = ReadInt32(ref reader, field);
                WriteNumber(field, (uint)(number << 1 ^ number >> 31));
                break;
            case JsonFieldKind.Double:
                if (!JsonNumber.TryRead(NumberText(ref reader, field), out double real))
                {
                    Fail(reader, field, "a number that fits into a double");
                }

                WriteNumber(field, BitConverter.DoubleToUInt64Bits(real));
                break;
            case JsonFieldKind.Bool:
                if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
                {
                    Fail(reader, field, "true or false");
                }

                WriteNumber(field, reader.TokenType == JsonTokenType.True ? 1UL : 0);
                break;
            default:
                WriteNumber(field, (ulong)ReadEnum(ref reader, field));
                break;
        }
    }

    private long ReadEnum(ref Utf8JsonReader reader, JsonField field)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            for (var i = 0; i < field.EnumNames.Count; i++)
            {
                if (reader.ValueTextEquals(field.EnumNames[i]))
                {
                    return i;
                }
            }
        }

        return ReadInt32(ref reader, field);
    }

    private int ReadInt32(ref Utf8JsonReader reader, JsonField field)
    {
        if (!JsonNumber.TryRead(NumberText(ref reader, field), out long number) || number is < int.MinValue or > int.MaxValue)
        {
            Fail(reader, field, field.Kind == JsonFieldKind.Enum ? "a name or number of its enum" : "an integer from -2^31 to 2^31 - 1");
        }

        return (int)number;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> NumberText(ref Utf8JsonReader reader, JsonField field)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return reader.ValueSpan;
            case JsonTokenType.String:
                return Content(ref reader);
            default:
                Fail(reader, field, "a number");
                return default;
        }
    }

    private void WriteNumber(JsonField field, ulong value)
    {
        switch (field.ValueType)
        {
            case WireType.Varint:
                _output.WriteVarint(value);
                break;
            case WireType.Fixed64:
                _output.WriteFixed64(value);
                break;
            default:
                _output.WriteFixed32((uint)value);
                break;
        }
    }
}
