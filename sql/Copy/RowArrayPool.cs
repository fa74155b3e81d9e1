using System.Buffers;
using System.Numerics;

namespace OtelOrleans.Sql.Copy;

/// <summary>
/// The arrays that payloads travel in until they are decoded, and rows from the decoder until they are committed: a second or more. Allocated anew each time they would outlive the youngest
/// generation, and the collector would spend several times on them what decoding takes. Bounded in bytes; what does not fit is left to the collector. One per silo, thread safe.
/// </summary>
/// <param name="maxBytes">Most bytes that are kept.</param>
public sealed class RowArrayPool(long maxBytes = RowArrayPool.DefaultMaxBytes) : ArrayPool<byte>
{
    /// <summary>64 MiB: what a silo that stores 60 MB of rows a second has under way.</summary>
    public const long DefaultMaxBytes = 64 << 20;

    // Powers of two from here to there: rows of a busy service, or a few of one of very many services. Larger ones are rare.
    private const int SmallestBytes = 1024;
    private const int LargestBytes = 4 * 1024 * 1024;

    // The last one given back is the first to go out again: it may still be in the processor's cache.
    private readonly Stack<byte[]>[] _free = [.. Enumerable.Range(0, 1 + ClassOf(LargestBytes)).Select(_ => new Stack<byte[]>())];
    private long _keptBytes;

    /// <summary>Bytes that wait to be used again.</summary>
    public long KeptBytes => Interlocked.Read(ref _keptBytes);

    /// <summary>An array of at least this length.</summary>
    public override byte[] Rent(int minimumLength)
    {
        if (minimumLength > LargestBytes)
        {
            return GC.AllocateUninitializedArray<byte>(minimumLength);
        }

        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(minimumLength, SmallestBytes));
        var free = _free[ClassOf(length)];
        lock (free)
        {
            if (free.TryPop(out var array))
            {
                Interlocked.Add(ref _keptBytes, -length);
                return array;
            }
        }

        return GC.AllocateUninitializedArray<byte>(length);
    }

    /// <summary>Takes an array back that nobody reads or writes any more. One of another length than this pool gives out is left to the collector.</summary>
    public override void Return(byte[] array, bool clearArray = false)
    {
        if (array.Length is < SmallestBytes or > LargestBytes || !BitOperations.IsPow2(array.Length))
        {
            return;
        }

        if (Interlocked.Add(ref _keptBytes, array.Length) > maxBytes)
        {
            Interlocked.Add(ref _keptBytes, -array.Length);
            return;
        }

        if (clearArray)
        {
            Array.Clear(array);
        }

        var free = _free[ClassOf(array.Length)];
        lock (free)
        {
            free.Push(array);
        }
    }

    private static int ClassOf(int length) => BitOperations.Log2((uint)length / SmallestBytes);
}
