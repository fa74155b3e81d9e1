using System.Runtime.CompilerServices;
using OtelOrleans.Proto;

namespace OtelOrleans.Grains.Decoding;

/// <summary>A <c>KeyValue</c> on the wire.</summary>
internal readonly ref struct KeyValueView
{
    /// <summary>Where the key of a short one begins.</summary>
    public const int ShortKeyStart = 2;

    private KeyValueView(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isShort)
    {
        Key = key;
        Value = value;
        IsShort = isShort;
    }

    /// <summary>What nearly every attribute looks like: key and value, each shorter than 128 bytes, and nothing else. Tags and lengths take a byte each.</summary>
    public bool IsShort { get; }

    /// <summary>Where the value of a short one begins.</summary>
    public int ShortValueStart => ShortKeyStart + Key.Length + 2;

    /// <summary>UTF-8, not validated.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The <c>AnyValue</c>; empty if absent, which means the same as an empty one.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Reads the message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeyValueView Read(ReadOnlySpan<byte> message)
    {
        if (message.Length >= 4 && message[0] == KeyValueFields.Key)
        {
            int keyLength = message[1], valueStart = keyLength + 4;
            if (keyLength < 0x80 && valueStart <= message.Length && message[keyLength + 2] == KeyValueFields.Value
                && message[keyLength + 3] < 0x80 && valueStart + message[keyLength + 3] == message.Length)
            {
                return new(message.Slice(ShortKeyStart, keyLength), message[valueStart..], isShort: true);
            }
        }

        return ReadAny(message);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static KeyValueView ReadAny(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> key = default;
        var value = new MergedField(KeyValueFields.Value);
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case KeyValueFields.Key:
                    key = reader.ReadBytes();
                    break;
                case KeyValueFields.Value:
                    value.Add(reader.ReadBytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new(key, value.InNested(message), isShort: false);
    }
}
