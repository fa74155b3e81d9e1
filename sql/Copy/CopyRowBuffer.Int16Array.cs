using System.Buffers.Binary;

namespace OtelOrleans.Sql.Copy;

public sealed partial class CopyRowBuffer
{
    private const int Int2Oid = 21;

    /// <summary>Writes a <c>smallint[]</c> of at least one element.</summary>
    public void WriteInt16Array(ReadOnlySpan<short> values)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length, nameof(values));
        // One dimension, no NULLs, element type, length, lower bound; then each element with its length.
        const int header = 20, element = sizeof(int) + sizeof(short);
        var size = header + values.Length * element;
        var room = Reserve(sizeof(int) + size);
        ReadOnlySpan<int> fields = [size, 1, 0, Int2Oid, values.Length, 1];
        for (var i = 0; i < fields.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(room[(i * sizeof(int))..], fields[i]);
        room = room[(sizeof(int) + header)..];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(room[(i * element)..], sizeof(short));
            BinaryPrimitives.WriteInt16BigEndian(room[(i * element + sizeof(int))..], values[i]);
        }

        _length += sizeof(int) + size;
    }
}
