using System.Buffers.Binary;

namespace OtelOrleans.Sql.Copy;

// Numbers and lists of numbers that have no type of their own in Postgres.
public sealed partial class CopyRowBuffer
{
    // Object ids of the element types in pg_type; they are the same in every installation.
    private const int Int8Oid = 20;
    private const int Int4Oid = 23;
    private const int Float8Oid = 701;

    // Digits of the binary numeric stand in groups of four.
    private const ulong NumericBase = 10_000;

    /// <summary>Writes a <c>uint64</c> as <c>numeric</c>: the only integer type that it fits into.</summary>
    public void WriteNumeric(ulong value)
    {
        Span<ushort> groups = stackalloc ushort[5];
        var count = 0;
        var trailingZeros = 0;
        while (value != 0)
        {
            var group = (ushort)(value % NumericBase);
            value /= NumericBase;
            groups[count++] = group;
            if (group == 0 && trailingZeros == count - 1)
            {
                trailingZeros++;
            }
        }

        // Number of groups, power of the first group, sign, digits after the point; then the groups, highest first, without zeros at the end.
        var kept = count - trailingZeros;
        var room = Reserve(sizeof(int) + 8 + kept * 2);
        BinaryPrimitives.WriteInt32BigEndian(room, 8 + kept * 2);
        BinaryPrimitives.WriteInt16BigEndian(room[4..], (short)kept);
        BinaryPrimitives.WriteInt16BigEndian(room[6..], (short)Math.Max(count - 1, 0));
        BinaryPrimitives.WriteInt32BigEndian(room[8..], 0);
        for (var i = 0; i < kept; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(room[(12 + i * 2)..], groups[count - 1 - i]);
        }

        _length += sizeof(int) + 8 + kept * 2;
    }

    /// <summary>Begins a <c>bigint[]</c> of known length; <paramref name="count"/> times <see cref="WriteInt64"/> or <see cref="WriteCount"/> complete the column.</summary>
    public void BeginInt64Array(int count) => BeginArray(Int8Oid, count);

    /// <summary>Begins a <c>double precision[]</c> of known length; <paramref name="count"/> times <see cref="WriteDouble"/> complete the column.</summary>
    public void BeginDoubleArray(int count) => BeginArray(Float8Oid, count);

    /// <summary>Writes a <c>bigint[]</c>.</summary>
    public void WriteInt64Array(IReadOnlyList<long> values)
    {
        BeginArray(Int8Oid, values.Count);
        for (var i = 0; i < values.Count; i++)
        {
            WriteInt64(values[i]);
        }
    }

    /// <summary>Writes an <c>integer[]</c>.</summary>
    public void WriteInt32Array(IReadOnlyList<int> values)
    {
        BeginArray(Int4Oid, values.Count, sizeof(int));
        for (var i = 0; i < values.Count; i++)
        {
            WriteInt32(values[i]);
        }
    }

    /// <summary>Writes a <c>uint64</c> as <c>bigint</c>; what does not fit becomes the largest that does, and the row lossy.</summary>
    public void WriteCount(ulong value)
    {
        if (value > long.MaxValue)
        {
            MarkLossy(CopyLosses.OutOfRange);
        }

        WriteInt64((long)Math.Min(value, long.MaxValue));
    }

    private void BeginArray(int elementType, int count, int elementBytes = sizeof(long))
    {
        // Dimensions, whether there are NULLs, element type; then length and lower bound of the only dimension. An empty array has no dimension.
        var header = count == 0 ? 12 : 20;
        var room = Reserve(sizeof(int) + header);
        BinaryPrimitives.WriteInt32BigEndian(room, checked(header + count * (sizeof(int) + elementBytes)));
        BinaryPrimitives.WriteInt32BigEndian(room[4..], count == 0 ? 0 : 1);
        BinaryPrimitives.WriteInt32BigEndian(room[8..], 0);
        BinaryPrimitives.WriteInt32BigEndian(room[12..], elementType);
        if (count > 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(room[16..], count);
            BinaryPrimitives.WriteInt32BigEndian(room[20..], 1);
        }

        _length += sizeof(int) + header;
    }
}
