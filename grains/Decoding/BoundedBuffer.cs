using System.Buffers;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// What comes out of a decompression: bytes in one array, which is rented, grows by doubling and never beyond the limit (but for the pool's rounding up to a power of two).
/// Owned by one decoder, used for one payload after the other. Not thread safe.
/// </summary>
internal sealed class BoundedBuffer
{
    private const int InitialBytes = 64 * 1024;

    // What an emptied buffer may keep: usual payloads fit, and the memory of a giant one should not stay.
    private const int KeptBytes = 4 * 1024 * 1024;

    // At the limit one more byte is asked for: whether it comes tells "exactly full" from "too much".
    private readonly byte[] _probe = new byte[1];
    private byte[] _bytes = [];
    private int _limit;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Size of the array: what it costs.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>What was written. Valid until the next payload.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Begins a payload.</summary>
    /// <param name="limit">It may get so large.</param>
    public void Begin(int limit)
    {
        Length = 0;
        _limit = limit;
    }

    /// <summary>The output claims to get so large. Believed as far as the limit goes, and only to save copies.</summary>
    /// <exception cref="RefusedPayloadException">The claim is beyond the limit.</exception>
    public void Expect(ulong length)
    {
        if (length > (ulong)(_limit - Length))
        {
            ThrowTooLarge(_limit, $"says that it holds {length:N0} bytes");
        }

        Grow(Length + (int)length);
    }

    /// <summary>Room for the next bytes, at least one.</summary>
    public Span<byte> Room()
    {
        if (Length == _limit)
        {
            return _probe;
        }

        if (Length == _bytes.Length)
        {
            Grow((int)Math.Min(Math.Max(2L * _bytes.Length, InitialBytes), _limit));
        }

        return _bytes.AsSpan(Length, Math.Min(_bytes.Length, _limit) - Length);
    }

    /// <summary>So many bytes were written into <see cref="Room"/>.</summary>
    /// <exception cref="RefusedPayloadException">They do not fit the limit.</exception>
    public void Advance(int count)
    {
        if (count > _limit - Length)
        {
            ThrowTooLarge(_limit, "holds more");
        }

        Length += count;
    }

    /// <summary>Room for exactly so many bytes, which count as written.</summary>
    /// <exception cref="RefusedPayloadException">They do not fit the limit.</exception>
    public Span<byte> Take(int count)
    {
        if (count > _limit - Length)
        {
            ThrowTooLarge(_limit, "holds more");
        }

        if (count > _bytes.Length - Length)
        {
            Grow((int)Math.Min(Math.Max(2L * _bytes.Length, Length + count), _limit));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    /// <summary>Forgets the payload; keeps the array, unless it is large.</summary>
    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptBytes)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    private void Grow(int wanted)
    {
        if (wanted <= _bytes.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(wanted);
        Written.CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }

    private static void ThrowTooLarge(int limit, string what) => throw new RefusedPayloadException(
        DeadLetterReason.DecompressionLimit,
        $"The compressed value {what}, where {limit:N0} bytes are allowed to one of its size: see {nameof(DecodingOptions.MaxDecompressedBytes)} and {nameof(DecodingOptions.MaxCompressionRatio)}.");
}
