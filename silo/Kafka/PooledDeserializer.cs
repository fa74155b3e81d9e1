using System.Buffers;
using Confluent.Kafka;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Copies a value out of the client's memory into an array of the pool, where the decoder will give it back. A payload that waits for its turn outlives the youngest generation: allocated anew, payloads
/// made most of a silo's garbage.
/// </summary>
internal sealed class PooledDeserializer(ArrayPool<byte> arrays) : IDeserializer<ReadOnlyMemory<byte>>
{
    /// <summary>Smaller values are cheaper to allocate than to fetch and give back.</summary>
    private const int LeastPooledBytes = 4096;

    public ReadOnlyMemory<byte> Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (data.Length < LeastPooledBytes)
        {
            return data.ToArray();
        }

        var array = arrays.Rent(data.Length);
        data.CopyTo(array);
        return array.AsMemory(0, data.Length);
    }
}
