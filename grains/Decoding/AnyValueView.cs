using OtelOrleans.Proto;

namespace OtelOrleans.Grains.Decoding;

/// <summary>An <c>AnyValue</c> on the wire. Its fields are a oneof: the last one that occurs counts.</summary>
internal readonly ref struct AnyValueView
{
    private AnyValueView(uint kind, ulong number, ReadOnlySpan<byte> bytes)
    {
        Kind = kind;
        Number = number;
        Bytes = bytes;
    }

    /// <summary>One of <see cref="AnyValueFields"/>; 0 for null.</summary>
    public uint Kind { get; }

    /// <summary>Value of a bool or an int; bits of a double.</summary>
    public ulong Number { get; }

    /// <summary>Content of a string, of bytes, of a list.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Reads the message.</summary>
    public static AnyValueView Read(ReadOnlySpan<byte> message)
    {
        // A small number and nothing else.
        if (message.Length is 2 or 3 && message[0] is (byte)AnyValueFields.IntValue or (byte)AnyValueFields.BoolValue && message[^1] < 0x80)
        {
            if (message.Length == 2)
            {
                return new(message[0], message[1], default);
            }

            if (message[1] >= 0x80)
            {
                return new(message[0], (ulong)(message[1] & 0x7f | message[2] << 7), default);
            }
        }

        return ReadAny(message);
    }

    private static AnyValueView ReadAny(ReadOnlySpan<byte> message)
    {
        uint kind = 0;
        ulong number = 0;
        ReadOnlySpan<byte> bytes = default;

        // A list that occurs again, with no other kind in between, is continued.
        var runStart = 0;
        var runLength = 0;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var start = reader.Position;
            var tag = reader.ReadTag();
            switch (tag)
            {
                case AnyValueFields.StringValue or AnyValueFields.BytesValue or AnyValueFields.ArrayValue or AnyValueFields.KeyValueListValue:
                    bytes = reader.ReadBytes();
                    break;
                case AnyValueFields.BoolValue or AnyValueFields.IntValue:
                    number = reader.ReadVarint();
                    break;
                case AnyValueFields.DoubleValue:
                    number = reader.ReadFixed64();
                    break;
                default:
                    reader.Skip(tag);
                    continue;
            }

            if (tag != kind)
            {
                kind = tag;
                runStart = start;
                runLength = 0;
            }

            runLength++;
        }

        if (runLength > 1 && kind is AnyValueFields.ArrayValue or AnyValueFields.KeyValueListValue)
        {
            bytes = MergedField.ConcatNested(message[runStart..], kind);
        }

        return new(kind, number, bytes);
    }
}
