using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OtelOrleans.Proto;

/// <summary>
/// Reads the fields of one protobuf message, forward only, without allocating. Anything that is not protobuf ends in <see cref="MalformedPayloadException"/>.
/// Nested messages are read by a reader of their own over <see cref="ReadBytes"/>.
/// </summary>
/// <param name="message">The message without its own tag and length.</param>
public ref struct WireReader(ReadOnlySpan<byte> message)
{
    // Groups are skipped by recursion. Google's parsers stop at 100 as well.
    private const int MaxGroupDepth = 100;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;

    /// <summary>Nothing is left.</summary>
    public readonly bool AtEnd => _position >= _message.Length;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Reads the number and wire type of the next field, as <c>number &lt;&lt; 3 | wire type</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadTag()
    {
        var message = _message;
        var position = _position;
        if ((uint)position < (uint)message.Length)
        {
            // Every tag of OTLP but that of Span.flags is one byte long.
            uint first = message[position];
            if (first is >= 8 and < 0x80)
            {
                _position = position + 1;
                return first;
            }
        }

        var tag = LongTag(message, position);
        _position = tag.End;
        return (uint)tag.Value;
    }

    /// <summary>Reads the next tag if it is this one, of one byte: fields that are repeated stand side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadTag(uint tag)
    {
        var message = _message;
        var position = _position;
        if ((uint)position < (uint)message.Length && message[position] == tag)
        {
            _position = position + 1;
            return true;
        }

        return false;
    }

    /// <summary>Reads a varint of up to 64 bits, minimal or padded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadVarint()
    {
        var message = _message;
        var position = _position;
        if ((uint)position < (uint)message.Length && message[position] < 0x80)
        {
            _position = position + 1;
            return message[position];
        }

        var varint = LongVarint(message, position);
        _position = varint.End;
        return varint.Value;
    }

    /// <summary>Reads a <c>uint32</c>, <c>int32</c> or enum: the low 32 bits of a varint, as protobuf has it.</summary>
    public uint ReadUInt32() => (uint)ReadVarint();

    /// <summary>Reads a <c>sint32</c>.</summary>
    public int ReadSInt32()
    {
        var zigzag = (uint)ReadVarint();
        return (int)(zigzag >> 1) ^ -(int)(zigzag & 1);
    }

    /// <summary>Reads a <c>fixed64</c>, or the bits of an <c>sfixed64</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadFixed64()
    {
        var position = _position;
        if (_message.Length - position < sizeof(ulong))
        {
            ThrowTruncated(position);
        }

        _position = position + sizeof(ulong);
        return BinaryPrimitives.ReadUInt64LittleEndian(_message.Slice(position, sizeof(ulong)));
    }

    /// <summary>Reads a <c>double</c>.</summary>
    public double ReadDouble() => BitConverter.UInt64BitsToDouble(ReadFixed64());

    /// <summary>Reads a <c>fixed32</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadFixed32()
    {
        var position = _position;
        if (_message.Length - position < sizeof(uint))
        {
            ThrowTruncated(position);
        }

        _position = position + sizeof(uint);
        return BinaryPrimitives.ReadUInt32LittleEndian(_message.Slice(position, sizeof(uint)));
    }

    /// <summary>Reads a length and returns that many bytes, as a slice of the message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> ReadBytes()
    {
        var message = _message;
        var position = _position;
        uint length;
        if ((uint)position < (uint)message.Length && message[position] < 0x80)
        {
            length = message[position++];
        }
        else
        {
            var varint = LongLength(message, position);
            length = (uint)varint.Value;
            position = varint.End;
        }

        if (length > (uint)(message.Length - position))
        {
            ThrowTooLong(length, message.Length - position, position);
        }

        _position = position + (int)length;
        return message.Slice(position, (int)length);
    }

    /// <summary>Steps over the value of a field that nobody wants.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(uint tag)
    {
        if ((tag & 7) == WireType.Bytes)
        {
            ReadBytes();
        }
        else
        {
            _position = EndOf(_message, _position, tag);
        }
    }

    // What is not inlined takes and returns values, and never a reference to the reader: so the reader stays in registers where it is used.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int EndOf(ReadOnlySpan<byte> message, int position, uint tag)
    {
        var reader = new WireReader(message) { _position = position };
        if ((tag & 7) == WireType.StartGroup)
        {
            reader.SkipGroup(tag, 0);
        }
        else
        {
            reader.SkipValue(tag);
        }

        return reader._position;
    }

    private void SkipValue(uint tag)
    {
        switch (tag & 7)
        {
            case WireType.Varint:
                ReadVarint();
                break;
            case WireType.Fixed64:
                ReadFixed64();
                break;
            case WireType.Bytes:
                ReadBytes();
                break;
            case WireType.Fixed32:
                ReadFixed32();
                break;
            case WireType.EndGroup:
                Throw($"Field {tag >> 3} ends a group that was not begun, before byte {_position} of its message.");
                break;
            default:
                Throw($"Field {tag >> 3} has wire type {tag & 7}, which does not exist, before byte {_position} of its message.");
                break;
        }
    }

    private void SkipGroup(uint startTag, int depth)
    {
        if (depth >= MaxGroupDepth)
        {
            Throw($"Groups are nested deeper than {MaxGroupDepth}.");
        }

        while (true)
        {
            var tag = ReadTag();
            switch (tag & 7)
            {
                case WireType.StartGroup:
                    SkipGroup(tag, depth + 1);
                    break;
                case WireType.EndGroup when tag >> 3 == startTag >> 3:
                    return;
                default:
                    SkipValue(tag);
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Varint LongTag(ReadOnlySpan<byte> message, int position)
    {
        var tag = LongVarint(message, position);
        if (tag.Value is < 8 or > uint.MaxValue)
        {
            Throw($"No field has the tag {tag.Value}, before byte {tag.End} of its message.");
        }

        return tag;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Varint LongLength(ReadOnlySpan<byte> message, int position)
    {
        // 2 bytes are the usual case, 4 are what the .NET exporter pads the length of every nested message to.
        if (message.Length - position >= sizeof(uint))
        {
            var four = BinaryPrimitives.ReadUInt32LittleEndian(message.Slice(position, sizeof(uint)));
            if ((four & 0x8080) == 0x80)
            {
                return new((four & 0x7f) | (four >> 1 & 0x3f80), position + 2);
            }

            if ((four & 0x80808080) == 0x808080)
            {
                return new((four & 0x7f) | (four >> 1 & 0x3f80) | (four >> 2 & 0x1fc000) | (four >> 3 & 0xfe00000), position + 4);
            }
        }

        var length = LongVarint(message, position);
        if (length.Value > int.MaxValue)
        {
            Throw($"A length of {length.Value} bytes is beyond what a message can hold, before byte {length.End} of its message.");
        }

        return length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Varint LongVarint(ReadOnlySpan<byte> message, int position)
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if ((uint)position >= (uint)message.Length)
            {
                ThrowTruncated(position);
            }

            // Of the tenth byte only one bit fits; the others fall off, as they do in Google's parsers.
            uint next = message[position++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return new(value, position);
            }
        }

        Throw($"An integer is longer than 10 bytes, before byte {position} of its message.");
        return default;
    }

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    private static void ThrowTruncated(int position) => throw new MalformedPayloadException($"The message ends within a value, at byte {position}.");

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    private static void ThrowTooLong(uint length, int left, int position) =>
        throw new MalformedPayloadException($"A field claims {length} bytes where {left} are left, at byte {position} of its message.");

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(string message) => throw new MalformedPayloadException(message);

    // A number, and the position after it.
    private readonly record struct Varint(ulong Value, int End);
}
