using System.Buffers;

namespace OtelOrleans.Proto;

/// <summary>A repeated number, as it comes off the wire: packed (many in one field), unpacked (a field each), or both mixed. A reader must take all of them.</summary>
/// <param name="packedTag">Tag of the field when packed.</param>
/// <param name="singleTag">Tag of the field when not.</param>
public ref struct PackedField(uint packedTag, uint singleTag)
{
    private ReadOnlySpan<byte> _packed;
    private int _occurrences;
    private bool _hasSingle;

    /// <summary>Takes a packed occurrence.</summary>
    public void Add(ReadOnlySpan<byte> packed)
    {
        _packed = packed;
        _occurrences++;
    }

    /// <summary>There is an unpacked occurrence.</summary>
    public void NoteSingle() => _hasSingle = true;

    /// <summary>All numbers, packed. Allocates only if the sender did not pack them into one field, as all exporters do.</summary>
    /// <param name="owner">The message that the field stands in.</param>
    public readonly ReadOnlySpan<byte> In(ReadOnlySpan<byte> owner) => _hasSingle || _occurrences > 1 ? Pack(owner, packedTag, singleTag) : _packed;

    /// <summary>The same for numbers of 8 bytes: refuses what is not a multiple of that.</summary>
    /// <param name="owner">The message that the field stands in.</param>
    public readonly ReadOnlySpan<byte> Fixed64In(ReadOnlySpan<byte> owner)
    {
        var packed = In(owner);
        if (packed.Length % sizeof(ulong) != 0)
        {
            throw new MalformedPayloadException($"Packed numbers of 8 bytes take {packed.Length} bytes.");
        }

        return packed;
    }

    private static ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> owner, uint packedTag, uint singleTag)
    {
        var all = new ArrayBufferWriter<byte>();
        var reader = new WireReader(owner);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == packedTag)
            {
                all.Write(reader.ReadBytes());
                continue;
            }

            var start = reader.Position;
            reader.Skip(tag);
            if (tag == singleTag)
            {
                all.Write(owner[start..reader.Position]);
            }
        }

        return all.WrittenSpan;
    }
}
