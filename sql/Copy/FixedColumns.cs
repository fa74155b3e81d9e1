using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace OtelOrleans.Sql.Copy;

/// <summary>
/// Consecutive columns of small, known widths: room for all of them is made once, by <see cref="CopyRowBuffer.BeginFixed"/>, and <see cref="CopyRowBuffer.EndFixed"/> keeps what was
/// written. Column by column would cost three times as much.
/// </summary>
/// <param name="room">As much as the columns can take.</param>
public ref struct FixedColumns(Span<byte> room)
{
    /// <summary>Bytes of a <c>smallint</c>, its length included.</summary>
    public const int Int16Bytes = 6;

    /// <summary>Bytes of an <c>integer</c>.</summary>
    public const int Int32Bytes = 8;

    /// <summary>Bytes of a <c>bigint</c>, <c>timestamptz</c> or <c>double precision</c>.</summary>
    public const int Int64Bytes = 12;

    /// <summary>Bytes of a <c>boolean</c>.</summary>
    public const int BoolBytes = 5;

    private readonly Span<byte> _room = room;
    private int _length;

    /// <summary>Bytes written.</summary>
    public readonly int Length => _length;

    /// <summary>Bytes of <see cref="Hex"/>.</summary>
    public static int HexBytes(int idLength) => sizeof(int) + 2 * idLength;

    /// <summary>Writes NULL, of any type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteNull()
    {
        BinaryPrimitives.WriteInt32BigEndian(_room.Slice(_length, sizeof(int)), -1);
        _length += sizeof(int);
    }

    /// <summary>Writes a <c>boolean</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteBool(bool value)
    {
        var column = _room.Slice(_length, BoolBytes);
        BinaryPrimitives.WriteInt32BigEndian(column, 1);
        column[4] = value ? (byte)1 : (byte)0;
        _length += BoolBytes;
    }

    /// <summary>Writes a <c>smallint</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteInt16(short value)
    {
        var column = _room.Slice(_length, Int16Bytes);
        BinaryPrimitives.WriteInt32BigEndian(column, sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(column[4..], value);
        _length += Int16Bytes;
    }

    /// <summary>Writes an <c>integer</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_room.Slice(_length, Int32Bytes), (ulong)sizeof(int) << 32 | (uint)value);
        _length += Int32Bytes;
    }

    /// <summary>Writes a <c>bigint</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteInt64(long value)
    {
        var column = _room.Slice(_length, Int64Bytes);
        BinaryPrimitives.WriteInt32BigEndian(column, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(column[4..], value);
        _length += Int64Bytes;
    }

    /// <summary>Writes a <c>double precision</c>; NaN and the infinities are values like others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteDouble(double value) => WriteInt64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Writes a <c>timestamptz</c>; the nanoseconds below its microsecond go to a column of their own, <see cref="WriteNanos"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteTimestamp(ulong unixNano) => WriteInt64(PgTime.Micros(unixNano));

    /// <summary>The same, or NULL for a time that is not known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteTimestampOrNull(ulong unixNano)
    {
        if (unixNano != 0)
        {
            WriteTimestamp(unixNano);
        }
        else
        {
            WriteNull();
        }
    }

    /// <summary>Writes the nanoseconds that <see cref="Timestamp"/> leaves, as a <c>smallint</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteNanos(ulong unixNano) => WriteInt16(PgTime.Nanos(unixNano));

    /// <summary>The same, or NULL for a time that is not known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteNanosOrNull(ulong unixNano)
    {
        if (unixNano != 0)
        {
            WriteNanos(unixNano);
        }
        else
        {
            WriteNull();
        }
    }

    /// <summary>Writes an id as <c>text</c>, in lower-case hex.</summary>
    /// <param name="id">A multiple of 8 bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteHex(ReadOnlySpan<byte> id)
    {
        var column = _room.Slice(_length, HexBytes(id.Length));
        BinaryPrimitives.WriteInt32BigEndian(column, 2 * id.Length);
        for (var at = 0; at < id.Length; at += sizeof(ulong))
        {
            HexDigits.WriteEight(id[at..], column[(sizeof(int) + 2 * at)..]);
        }

        _length += column.Length;
    }
}
