using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace OtelOrleans.Sql.Copy;

/// <summary>
/// Consecutive rows of one table, as the bytes that stand between header and trailer of <c>COPY … (FORMAT BINARY)</c>. Grows; its array is rented
/// and has this buffer as its only owner, until <see cref="Detach"/>. The caller writes exactly the columns of the table's <see cref="CopyLayout"/>, in order. Not thread safe.
/// </summary>
/// <param name="pool">Where arrays come from and go back to; by default the shared pool.</param>
public sealed partial class CopyRowBuffer(ArrayPool<byte>? pool = null) : IDisposable
{
    // A row or a few: a payload may be of thousands of services with a row each. A buffer that needed more keeps it.
    private const int InitialBytes = 1024;

    // What an emptied buffer may keep: a giant payload is rare, the memory it took should not stay.
    private const int KeptBytes = 1024 * 1024;

    private readonly ArrayPool<byte> _pool = pool ?? ArrayPool<byte>.Shared;
    private readonly List<CopyLosses> _lossyRows = [];
    private byte[] _bytes = [];
    private int _firstBytes = InitialBytes;
    private int _length;
    private int _lists;

    /// <summary>Where a buffer stood, to go back to.</summary>
    public readonly record struct Mark(int Length, int Rows, int LossyRows);

    /// <summary>Bytes written.</summary>
    public int Length => _length;

    /// <summary>Size of the array: what it costs.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Rows begun.</summary>
    public int Rows { get; private set; }

    /// <summary>Why the current row is not exactly what was sent.</summary>
    public CopyLosses Losses { get; private set; }

    /// <summary>Of each row that kept its original, why: to be counted, once per batch.</summary>
    public IReadOnlyList<CopyLosses> LossyRows => _lossyRows;

    /// <summary>What was written. Valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>The same, to be kept across an await. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    /// <summary>Where the buffer stands.</summary>
    public Mark CurrentMark => new(_length, Rows, _lossyRows.Count);

    /// <summary>Forgets everything written after the mark was taken.</summary>
    public void TruncateTo(Mark mark)
    {
        _length = mark.Length;
        Rows = mark.Rows;
        _lossyRows.RemoveRange(mark.LossyRows, _lossyRows.Count - mark.LossyRows);
    }

    /// <summary>Forgets everything; keeps the array, unless it is large.</summary>
    public void Clear()
    {
        TruncateTo(default);
        if (_bytes.Length > KeptBytes)
        {
            Dispose();
        }
    }

    /// <summary>
    /// Hands out the rows: the buffer is empty and has nothing to do with their array any more, which may be given back to the pool when nobody reads them. It is the buffer's own one,
    /// not a copy, unless less than half of it is rows.
    /// </summary>
    /// <returns>The array, and how much of it is rows.</returns>
    public (byte[] Array, int Length) Detach()
    {
        var (array, length) = (_bytes, _length);
        if (length < array.Length / 2)
        {
            array = _pool.Rent(length);
            Written.CopyTo(array);
        }
        else
        {
            // The next rows will be about as many.
            _bytes = [];
            _firstBytes = Math.Clamp(array.Length, InitialBytes, KeptBytes);
        }

        TruncateTo(default);
        return (array, length);
    }

    /// <summary>Gives the array back. The buffer is empty and may be used again.</summary>
    public void Dispose()
    {
        TruncateTo(default);
        var bytes = _bytes;
        _bytes = [];
        if (bytes.Length > 0)
        {
            _pool.Return(bytes);
        }
    }

    /// <summary>Begins a row.</summary>
    public void BeginRow(CopyLayout layout)
    {
        BinaryPrimitives.WriteInt16BigEndian(Reserve(sizeof(short)), layout.ColumnCount);
        _length += sizeof(short);
        Rows++;
        Losses = CopyLosses.None;
        _lists = 0;
    }

    /// <summary>Begins columns of small, known widths.</summary>
    /// <param name="bytes">As much as they can take.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FixedColumns BeginFixed(int bytes) => new(Reserve(bytes)[..bytes]);

    /// <summary>Keeps the columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndFixed(FixedColumns columns) => _length += columns.Length;

    /// <summary>The row does not hold exactly what was sent: its <c>lossless</c> column must.</summary>
    public void MarkLossy(CopyLosses reason) => Losses |= reason;

    /// <summary>Another object or array comes within the JSON of the row. False if it is one too many.</summary>
    public bool TryCountList(int most) => ++_lists <= most;

    /// <summary>Writes a <c>lossless</c> column: the original message if the row differs from it, else NULL.</summary>
    public void WriteLossless(ReadOnlySpan<byte> original)
    {
        if (Losses != CopyLosses.None)
        {
            _lossyRows.Add(Losses);
            WriteBytea(original);
        }
        else
        {
            WriteNull();
        }
    }

    /// <summary>Writes NULL, of any type.</summary>
    public void WriteNull()
    {
        BinaryPrimitives.WriteInt32BigEndian(Reserve(sizeof(int)), -1);
        _length += sizeof(int);
    }

    /// <summary>Writes a <c>boolean</c>.</summary>
    public void WriteBool(bool value)
    {
        var room = Reserve(5);
        BinaryPrimitives.WriteInt32BigEndian(room, 1);
        room[4] = value ? (byte)1 : (byte)0;
        _length += 5;
    }

    /// <summary>Writes a <c>smallint</c>.</summary>
    public void WriteInt16(short value)
    {
        var room = Reserve(6);
        BinaryPrimitives.WriteInt32BigEndian(room, sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(room[4..], value);
        _length += 6;
    }

    /// <summary>Writes a protobuf enum, which may be any <c>int32</c>, as a <c>smallint</c>; what does not fit becomes the nearest that does, and the row lossy.</summary>
    public void WriteEnum(int value) => WriteInt16(FitEnum(value));

    /// <summary>The <c>smallint</c> that <see cref="WriteEnum"/> writes.</summary>
    public short FitEnum(int value)
    {
        if (value is < short.MinValue or > short.MaxValue)
        {
            MarkLossy(CopyLosses.OutOfRange);
            value = Math.Clamp(value, short.MinValue, short.MaxValue);
        }

        return (short)value;
    }

    /// <summary>Writes an <c>integer</c>.</summary>
    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(8), (ulong)sizeof(int) << 32 | (uint)value);
        _length += 8;
    }

    /// <summary>Writes a <c>bigint</c>.</summary>
    public void WriteInt64(long value)
    {
        var room = Reserve(12);
        BinaryPrimitives.WriteInt32BigEndian(room, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(room[4..], value);
        _length += 12;
    }

    /// <summary>Writes a <c>double precision</c>; NaN and the infinities are values like others.</summary>
    public void WriteDouble(double value) => WriteInt64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Writes a <c>timestamptz</c>; the nanoseconds below its microsecond go to a column of their own, <see cref="WriteNanos"/>.</summary>
    public void WriteTimestamp(ulong unixNano) => WriteInt64(PgTime.Micros(unixNano));

    /// <summary>Writes the nanoseconds that <see cref="WriteTimestamp"/> leaves, as a <c>smallint</c>.</summary>
    public void WriteNanos(ulong unixNano) => WriteInt16(PgTime.Nanos(unixNano));

    /// <summary>Writes <c>text</c> that is known to be valid UTF-8 without NUL.</summary>
    public void WriteCleanText(ReadOnlySpan<byte> utf8) => WriteBytea(utf8);

    /// <summary>Writes a <c>bytea</c>.</summary>
    public void WriteBytea(ReadOnlySpan<byte> value)
    {
        var room = Reserve(sizeof(int) + value.Length);
        BinaryPrimitives.WriteInt32BigEndian(room, value.Length);
        value.CopyTo(room[sizeof(int)..]);
        _length += sizeof(int) + value.Length;
    }

    /// <summary>Writes bytes as <c>text</c>, in lower-case hex.</summary>
    public void WriteHex(ReadOnlySpan<byte> value)
    {
        var room = Reserve(sizeof(int) + value.Length * 2);
        BinaryPrimitives.WriteInt32BigEndian(room, value.Length * 2);
        Convert.TryToHexStringLower(value, room[sizeof(int)..], out _);
        _length += sizeof(int) + value.Length * 2;
    }

    /// <summary>Writes <c>text</c>, or NULL if there is none.</summary>
    public void WriteTextOrNull(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            WriteNull();
        }
        else
        {
            WriteText(utf8);
        }
    }

    /// <summary>Writes <c>text</c>. Postgres takes neither NUL nor broken UTF-8: both become U+FFFD, and the row lossy.</summary>
    public void WriteText(ReadOnlySpan<byte> utf8)
    {
        // Plain ASCII is copied while it is looked at.
        var room = Reserve(sizeof(int) + utf8.Length);
        if (CopyClean(utf8, room[sizeof(int)..]) == utf8.Length)
        {
            BinaryPrimitives.WriteInt32BigEndian(room, utf8.Length);
            _length += sizeof(int) + utf8.Length;
            return;
        }

        var column = BeginColumn();
        if (utf8.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(utf8))
        {
            WriteRepaired(utf8);
        }
        else
        {
            WriteRaw(utf8);
        }

        EndColumn(column);
    }

    /// <summary>Writes <c>text</c> from a string without NUL.</summary>
    public void WriteText(string text)
    {
        var column = BeginColumn();
        _length += Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetMaxByteCount(text.Length)));
        EndColumn(column);
    }

    /// <summary>Writes a column again that stands earlier in this buffer, with something in front.</summary>
    /// <param name="valueStart">Where its value begins: what <see cref="BeginColumn"/> returned.</param>
    /// <param name="valueEnd">Where it ends.</param>
    public void RepeatAsJsonb(int valueStart, int valueEnd)
    {
        var column = BeginJsonb();
        var length = valueEnd - valueStart;
        var room = Reserve(length);
        _bytes.AsSpan(valueStart, length).CopyTo(room);
        _length += length;
        EndColumn(column);
    }

    /// <summary>Begins a column of a length that is not known yet; returns where its value begins, for <see cref="EndColumn"/>.</summary>
    public int BeginColumn()
    {
        Reserve(sizeof(int));
        _length += sizeof(int);
        return _length;
    }

    /// <summary>Ends the column and writes its length where it belongs.</summary>
    public void EndColumn(int valueStart) => BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(valueStart - sizeof(int)), _length - valueStart);

    /// <summary>Writes bytes as they are, within a column.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Writes one byte as it is, within a column.</summary>
    public void WriteRaw(byte value)
    {
        Reserve(1)[0] = value;
        _length++;
    }

    // Rare, so it may be slow: rune by rune.
    private void WriteRepaired(ReadOnlySpan<byte> utf8)
    {
        // A byte becomes 3 at most: U+FFFD.
        var room = Reserve(utf8.Length * 3);
        var written = 0;
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out var rune, out var consumed) != OperationStatus.Done)
            {
                MarkLossy(CopyLosses.InvalidUtf8);
                rune = Rune.ReplacementChar;
            }
            else if (rune.Value == 0)
            {
                MarkLossy(CopyLosses.Nul);
                rune = Rune.ReplacementChar;
            }

            written += rune.EncodeToUtf8(room[written..]);
            utf8 = utf8[consumed..];
        }

        _length += written;
    }

    // The only place that makes room: every write asks once for all that it needs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Grow(count);
        }

        return _bytes.AsSpan(_length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var wanted = Math.Max(Math.Max(2L * _bytes.Length, _firstBytes), (long)_length + count);
        if (wanted > Array.MaxLength)
        {
            wanted = (long)_length + count;
        }

        if (count < 0 || wanted > Array.MaxLength)
        {
            ThrowTooLarge();
        }

        var larger = _pool.Rent((int)wanted);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            _pool.Return(_bytes);
        }

        _bytes = larger;
    }

    [DoesNotReturn]
    private static void ThrowTooLarge() => throw new InvalidOperationException("The rows of one table outgrew 2 GiB: send smaller chunks.");
}
