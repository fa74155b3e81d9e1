using System.Buffers;

namespace OtelOrleans.Proto;

/// <summary>
/// A message field that may occur once, as it comes off the wire. If it occurs again, protobuf merges the occurrences, which is the same as parsing them one after the other
/// as one message.
/// </summary>
/// <param name="tag">Tag of the field.</param>
public ref struct MergedField(uint tag)
{
    private ReadOnlySpan<byte> _last;
    private int _occurrences;

    /// <summary>The field occurred.</summary>
    public readonly bool IsPresent => _occurrences > 0;

    /// <summary>Takes an occurrence.</summary>
    public void Add(ReadOnlySpan<byte> value)
    {
        _last = value;
        _occurrences++;
    }

    /// <summary>The message; empty if the field is absent. Allocates only if it occurred more than once, which no exporter does.</summary>
    /// <param name="owner">The message that the field stands in.</param>
    public readonly ReadOnlySpan<byte> In(ReadOnlySpan<byte> owner) => _occurrences > 1 ? Concat(owner, tag) : _last;

    /// <summary>The values of all occurrences of a field, one after the other.</summary>
    public static ReadOnlySpan<byte> Concat(ReadOnlySpan<byte> owner, uint tag)
    {
        var all = new ArrayBufferWriter<byte>();
        var reader = new WireReader(owner);
        while (!reader.AtEnd)
        {
            var next = reader.ReadTag();
            if (next == tag)
            {
                all.Write(reader.ReadBytes());
            }
            else
            {
                reader.Skip(next);
            }
        }

        return all.WrittenSpan;
    }

    /// <summary>All occurrences of a field with their tags and lengths, and nothing else.</summary>
    public static ReadOnlySpan<byte> Extract(ReadOnlySpan<byte> owner, uint tag)
    {
        var all = new ArrayBufferWriter<byte>();
        var reader = new WireReader(owner);
        while (!reader.AtEnd)
        {
            var start = reader.Position;
            var next = reader.ReadTag();
            reader.Skip(next);
            if (next == tag)
            {
                all.Write(owner[start..reader.Position]);
            }
        }

        return all.WrittenSpan;
    }
}
