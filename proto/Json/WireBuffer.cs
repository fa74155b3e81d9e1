using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OtelOrleans.Proto.Json;

/// <summary>Protobuf bytes in the making. Grows; its array is rented from the shared pool and has this buffer as its only owner. Never disposed: the
/// collector takes the array along with the buffer, which costs the pool one array. Not thread safe.</summary>
internal sealed class WireBuffer
{
    // What a length takes that is written after what it measures: as wide as the .NET exporter pads it to, which WireReader reads in one step.
    private const int LengthWidth = 4;

    // What one byte holds.
    private const int MaxShortLength = 0x7F;

    // 4 bytes of 7 bits.
    private const int MaxLength = (1 << 28) - 1;

    private const int InitialBytes = 64 * 1024;

    // What an emptied buffer may keep: chunks are at most about this large, so a payload of usual size never gives its memory back.
    private const int KeptBytes = 4 * 1024 * 1024;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>Bytes written.</summary>
    public int Length => _length;

    /// <summary>What was written. Valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Forgets everything; keeps the array, unless it is large.</summary>
    public void Clear()
    {
        _length = 0;
        if (_bytes.Length > KeptBytes)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    /// <summary>Forgets everything from there on.</summary>
    public void TruncateTo(int length) => _length = length;

    /// <summary>Takes bytes out; what follows moves up.</summary>
    public void Remove(int start, int end)
    {
        _bytes.AsSpan(end, _length - end).CopyTo(_bytes.AsSpan(start));
        _length -= end - start;
    }

    /// <summary>Room for at least that many bytes; <see cref="Advance"/> says how many were used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Grow(count);
        }

        return _bytes.AsSpan(_length);
    }

    /// <summary>Keeps bytes that were put into the reserved room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(int count) => _length += count;

    /// <summary>Writes a varint of minimal length; a tag is one too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteVarint(ulong value)
    {
        // 10 bytes are the longest.
        var room = Reserve(10);
        if (value < 0x80)
        {
            room[0] = (byte)value;
            _length++;
        }
        else
        {
            WriteLongVarint(room, value);
        }
    }

    /// <summary>Writes 8 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteFixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);
        _length += sizeof(ulong);
    }

    /// <summary>Writes 4 bytes.</summary>
    public void WriteFixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);
        _length += sizeof(uint);
    }

    /// <summary>Writes bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Writes a tag, a length and as many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteField(uint tag, ReadOnlySpan<byte> bytes)
    {
        if (tag > MaxShortLength || bytes.Length > MaxShortLength)
        {
            WriteVarint(tag);
            WriteVarint((uint)bytes.Length);
            WriteRaw(bytes);
            return;
        }

        // One step for what is usual: a tag and a length of one byte each.
        var room = Reserve(2 + bytes.Length);
        room[0] = (byte)tag;
        room[1] = (byte)bytes.Length;
        bytes.CopyTo(room[2..]);
        _length += 2 + bytes.Length;
    }

    /// <summary>Leaves room for a length that is not known yet; returns where what it measures begins, for <see cref="TryEndLength"/>.</summary>
    public int BeginLength()
    {
        Reserve(LengthWidth);
        _length += LengthWidth;
        return _length;
    }

    /// <summary>The same for what is short as a rule: sets one byte aside. For <see cref="TryEndShortLength"/>.</summary>
    public int BeginShortLength()
    {
        Reserve(1);
        return ++_length;
    }

    /// <summary>Writes the length where it belongs, padded. False if it does not fit: 256 MiB are the end of a message.</summary>
    public bool TryEndLength(int start)
    {
        var length = (uint)(_length - start);
        if (length > MaxLength)
        {
            return false;
        }

        var padded = (length & 0x7f) | (length << 1 & 0x7f00) | (length << 2 & 0x7f0000) | (length << 3 & 0x7f000000) | 0x808080;
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(start - LengthWidth), padded);
        return true;
    }

    /// <summary>Writes the length where it belongs; what turned out long moves to make room for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEndShortLength(int start)
    {
        var length = _length - start;
        if (length > MaxShortLength)
        {
            return TryEndWidened(start, length);
        }

        _bytes[start - 1] = (byte)length;
        return true;
    }

    private bool TryEndWidened(int start, int length)
    {
        const int more = LengthWidth - 1;
        Reserve(more);
        _bytes.AsSpan(start, length).CopyTo(_bytes.AsSpan(start + more));
        _length += more;
        return TryEndLength(start + more);
    }

    private void WriteLongVarint(Span<byte> room, ulong value)
    {
        var written = 0;
        while (value >= 0x80)
        {
            room[written++] = (byte)(value | 0x80);
            value >>= 7;
        }

        room[written++] = (byte)value;
        _length += written;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var wanted = Math.Max(Math.Max(2L * _bytes.Length, InitialBytes), (long)_length + count);
        if (wanted > Array.MaxLength)
        {
            wanted = (long)_length + count;
        }

        if (count < 0 || wanted > Array.MaxLength)
        {
            ThrowTooLarge();
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)wanted);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }

    [DoesNotReturn]
    private static void ThrowTooLarge() => throw new MalformedPayloadException("The payload takes more than 2 GiB as protobuf.");
}
