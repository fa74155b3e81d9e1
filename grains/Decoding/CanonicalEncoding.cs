using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using OtelOrleans.Proto;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// One encoding for what means the same: minimal varints, fields in order of their numbers, defaults left out, attributes sorted by key (repeated keys in their order).
/// Ids of dimension rows are hashes of it, because wire bytes differ between SDKs, and between two runs of one, for the same content.
/// Runs once per distinct content, so it may allocate.
/// </summary>
/// <remarks>What is larger or deeper than anybody means stays as it came: then other bytes for the same are another row, which is right as well.</remarks>
internal static class CanonicalEncoding
{
    // Sorting takes some 100 bytes for an attribute of 2, and each level of lists copies all that is below it.
    private const int MaxSortedBytes = 256 * 1024;
    private const int MaxDepth = 8;

    /// <summary>The id of some content: the first 8 bytes of its SHA-256, big-endian.</summary>
    public static long IdOf(ReadOnlySpan<byte> canonical)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(canonical, hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }

    /// <summary>
    /// A resource or scope with its schema URL, which stands beside it: a <c>Resource*</c> or <c>Scope*</c> without items. Their field numbers are the same.
    /// </summary>
    public static ReadOnlySpan<byte> Envelope(ReadOnlySpan<byte> message, ReadOnlySpan<byte> schemaUrl)
    {
        var output = new ArrayBufferWriter<byte>();
        WriteBytesField(output, ResourceItemsFields.Resource, message);
        WriteBytesField(output, ResourceItemsFields.SchemaUrl, schemaUrl);
        return output.WrittenSpan;
    }

    /// <summary>Writes the attributes among some fields, sorted.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="outputTag">The tag to write them with.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="tag">The tag of the attributes among them.</param>
    public static void WriteAttributes(IBufferWriter<byte> output, uint outputTag, ReadOnlySpan<byte> fields, uint tag) =>
        WriteAttributes(output, outputTag, fields, tag, 0);

    /// <summary>Writes a field with a varint, unless it is 0.</summary>
    public static void WriteVarintField(IBufferWriter<byte> output, uint tag, ulong value)
    {
        if (value != 0)
        {
            WriteVarint(output, tag);
            WriteVarint(output, value);
        }
    }

    /// <summary>Writes a field with bytes, unless it is empty.</summary>
    public static void WriteBytesField(IBufferWriter<byte> output, uint tag, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            WritePresent(output, tag, value);
        }
    }

    /// <summary>Writes a field with bytes, even empty ones.</summary>
    public static void WritePresent(IBufferWriter<byte> output, uint tag, ReadOnlySpan<byte> value)
    {
        WriteVarint(output, tag);
        WriteVarint(output, (ulong)value.Length);
        output.Write(value);
    }

    private static void WriteAttributes(IBufferWriter<byte> output, uint outputTag, ReadOnlySpan<byte> fields, uint tag, int depth)
    {
        if (fields.Length > MaxSortedBytes)
        {
            output.Write(MergedField.Extract(fields, tag));
            return;
        }

        List<(byte[] Key, byte[] KeyValue)> attributes = [];
        var reader = new WireReader(fields);
        while (!reader.AtEnd)
        {
            var next = reader.ReadTag();
            if (next != tag)
            {
                reader.Skip(next);
                continue;
            }

            var attribute = KeyValueView.Read(reader.ReadBytes());
            var keyValue = new ArrayBufferWriter<byte>();
            WriteBytesField(keyValue, KeyValueFields.Key, attribute.Key);
            WriteBytesField(keyValue, KeyValueFields.Value, Value(attribute.Value, depth));
            attributes.Add((attribute.Key.ToArray(), keyValue.WrittenSpan.ToArray()));
        }

        // OrderBy is stable: of a repeated key the last stays last, and that one counts.
        foreach (var (_, keyValue) in attributes.OrderBy(a => a.Key, ByteOrder.Instance))
        {
            WritePresent(output, outputTag, keyValue);
        }
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> anyValue, int depth)
    {
        if (depth > MaxDepth || anyValue.Length > MaxSortedBytes)
        {
            return anyValue;
        }

        var value = AnyValueView.Read(anyValue);
        var output = new ArrayBufferWriter<byte>();
        switch (value.Kind)
        {
            case AnyValueFields.StringValue or AnyValueFields.BytesValue:
                WritePresent(output, value.Kind, value.Bytes);
                break;
            case AnyValueFields.BoolValue:
                WriteVarint(output, value.Kind);
                WriteVarint(output, value.Number == 0 ? 0u : 1u);
                break;
            case AnyValueFields.IntValue:
                WriteVarint(output, value.Kind);
                WriteVarint(output, value.Number);
                break;
            case AnyValueFields.DoubleValue:
                WriteVarint(output, value.Kind);
                BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), value.Number);
                output.Advance(sizeof(ulong));
                break;
            case AnyValueFields.ArrayValue:
                WritePresent(output, value.Kind, Array(value.Bytes, depth + 1));
                break;
            case AnyValueFields.KeyValueListValue:
                var list = new ArrayBufferWriter<byte>();
                WriteAttributes(list, ListFields.Values, value.Bytes, ListFields.Values, depth + 1);
                WritePresent(output, value.Kind, list.WrittenSpan);
                break;
        }

        return output.WrittenSpan;
    }

    private static ReadOnlySpan<byte> Array(ReadOnlySpan<byte> values, int depth)
    {
        var output = new ArrayBufferWriter<byte>();
        var reader = new WireReader(values);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == ListFields.Values)
            {
                WritePresent(output, tag, Value(reader.ReadBytes(), depth));
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return output.WrittenSpan;
    }

    private static void WriteVarint(IBufferWriter<byte> output, ulong value)
    {
        var room = output.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            room[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        room[length++] = (byte)value;
        output.Advance(length);
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
