using System.Buffers;

namespace OtelOrleans.Proto;

/// <summary>
/// A message field that may occur once, as it comes off the wire. If it occurs again, protobuf merges the occurrences, which is the same as parsing them one after the other
/// as one message.
/// </summary>
/// <param name="tag">Tag of the field.</param>
public ref struct MergedField(uint tag)
{
    // Lists in lists may be given in parts at each level, and the copies of all levels are held at once. No exporter gives a value in parts at all.
    private const int MaxNestedBytes = 1 << 20;

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

    /// <summary>The same of a message that may hold others of its kind: refuses to copy more than 1 MiB.</summary>
    /// <param name="owner">The message that the field stands in.</param>
    public readonly ReadOnlySpan<byte> InNested(ReadOnlySpan<byte> owner) => _occurrences > 1 ? ConcatNested(owner, tag) : _last;

    /// <summary>The values of all occurrences of a field, one after the other.</summary>
    public static ReadOnlySpan<byte> Concat(ReadOnlySpan<byte> owner, uint tag) => Concat(owner, tag, int.MaxValue);

    /// <summary>The same of a message that may hold others of its kind: refuses to copy more than 1 MiB.</summary>
    public static ReadOnlySpan<byte> ConcatNested(ReadOnlySpan<byte> owner, uint tag) => Concat(owner, tag, MaxNestedBytes);

    private static ReadOnlySpan<byte> Concat(ReadOnlySpan<byte> owner, uint tag, int maxBytes)
    {
        // Empty ones add nothing: one that is left needs no copy.
        ReadOnlySpan<byte> only = default;
        var length = 0;
        var reader = new WireReader(owner);
        while (!reader.AtEnd)
        {
            var next = reader.ReadTag();
            if (next != tag)
            {
                reader.Skip(next);
                continue;
            }

            var value = reader.ReadBytes();
            only = value.IsEmpty ? only : value;
            length += value.Length;
        }

        if (length == only.Length)
        {
            return only;
        }

        if (length > maxBytes)
        {
            throw new MalformedPayloadException($"A value is given in parts that have {length} bytes together, where {maxBytes} are allowed.");
        }

        var all = new byte[length];
        var at = 0;
        reader = new WireReader(owner);
        while (!reader.AtEnd)
        {
            var next = reader.ReadTag();
            if (next != tag)
            {
                reader.Skip(next);
                continue;
            }

            var value = reader.ReadBytes();
            value.CopyTo(all.AsSpan(at));
            at += value.Length;
        }

        return all;
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
