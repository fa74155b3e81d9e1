using System.Buffers;
using OtelOrleans.Proto;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Single items of a payload as payloads of their own: each item with its scope and resource, byte for byte, and nothing beside them. So a refused span can be decoded again
/// by itself, or be sent to Kafka again.
/// </summary>
internal static class ItemEnvelopes
{
    // Each carries its resource and scope along: without a bound, a million bad spans below a resource of a megabyte would make a terabyte.
    private const long LeastBytes = 1 << 20;
    private const int MaxGrowth = 4;

    /// <summary>Builds the messages, in one walk over a payload that was decoded before.</summary>
    /// <param name="payload">A request of any signal.</param>
    /// <param name="items">Indices of the items among all items of the payload, in the order in which they stand; ascending.</param>
    /// <exception cref="RefusedPayloadException">They would take many times the bytes of the payload: it is better kept whole.</exception>
    public static List<byte[]> Of(ReadOnlySpan<byte> payload, IReadOnlyList<int> items)
    {
        var envelopes = new List<byte[]>(items.Count);
        var index = 0;
        var bytes = 0L;
        var reader = new WireReader(payload);
        while (!reader.AtEnd && envelopes.Count < items.Count)
        {
            var tag = reader.ReadTag();
            if (tag == RequestFields.Resources)
            {
                AddOfResource(reader.ReadBytes(), items, ref index, envelopes, ref bytes, Math.Max(LeastBytes, MaxGrowth * (long)payload.Length));
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return envelopes;
    }

    private static void AddOfResource(ReadOnlySpan<byte> resource, IReadOnlyList<int> items, ref int index, List<byte[]> envelopes, ref long bytes, long maxBytes)
    {
        byte[]? around = null;
        var scopes = new WireReader(resource);
        while (!scopes.AtEnd && envelopes.Count < items.Count)
        {
            var tag = scopes.ReadTag();
            if (tag != ResourceItemsFields.Scopes)
            {
                scopes.Skip(tag);
                continue;
            }

            var scope = scopes.ReadBytes();
            byte[]? within = null;
            var reader = new WireReader(scope);
            while (!reader.AtEnd && envelopes.Count < items.Count)
            {
                tag = reader.ReadTag();
                if (tag != ScopeItemsFields.Items)
                {
                    reader.Skip(tag);
                }
                else if (reader.ReadBytes() is var item && index++ == items[envelopes.Count])
                {
                    around ??= Without(resource, ResourceItemsFields.Scopes);
                    within ??= Without(scope, ScopeItemsFields.Items);
                    bytes += around.Length + within.Length + item.Length;
                    if (bytes > maxBytes)
                    {
                        throw new RefusedPayloadException(
                            DeadLetterReason.TooManyRefusedItems,
                            $"The payload has so many items that cannot be stored that keeping each with its resource would take more than {maxBytes:N0} bytes: it is kept whole.");
                    }

                    envelopes.Add(Field(RequestFields.Resources, around, Field(ResourceItemsFields.Scopes, within, Field(ScopeItemsFields.Items, [], item))));
                }
            }
        }
    }

    private static byte[] Without(ReadOnlySpan<byte> message, uint without)
    {
        var rest = new ArrayBufferWriter<byte>();
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var start = reader.Position;
            var tag = reader.ReadTag();
            reader.Skip(tag);
            if (tag != without)
            {
                rest.Write(message[start..reader.Position]);
            }
        }

        return rest.WrittenSpan.ToArray();
    }

    private static byte[] Field(uint tag, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest)
    {
        var field = new ArrayBufferWriter<byte>(first.Length + rest.Length + 10);
        WriteVarint(field, tag);
        WriteVarint(field, (uint)(first.Length + rest.Length));
        field.Write(first);
        field.Write(rest);
        return field.WrittenSpan.ToArray();
    }

    private static void WriteVarint(ArrayBufferWriter<byte> output, uint value)
    {
        for (; value > 0x7F; value >>= 7)
        {
            output.Write([(byte)(value | 0x80)]);
        }

        output.Write([(byte)value]);
    }
}
