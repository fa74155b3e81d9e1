using System.Buffers.Binary;

namespace OtelOrleans.Grains.Decoding;

/// <summary>What the header of a zstd frame says (RFC 8878, 3.1.1.1). The library tells it through pointers only.</summary>
internal static class ZstdFrame
{
    private const int SingleSegment = 0x20;

    /// <summary>How much of its output the frame refers back to, and the decoder has to keep; null where that is all of its output, or where this is no header.</summary>
    public static ulong? WindowSize(ReadOnlySpan<byte> frame)
    {
        const int windowAt = 5;
        if (!frame.StartsWith(PayloadEncodings.ZstdMagic) || frame.Length <= windowAt || (frame[windowAt - 1] & SingleSegment) != 0)
        {
            return null;
        }

        // 3.1.1.1.2: a power of two from 1 KiB on, and eighths of it.
        var power = 1UL << 10 + (frame[windowAt] >> 3);
        return power + power / 8 * (frame[windowAt] & 7u);
    }

    /// <summary>Size of the frame's content; null where the header does not say it or is no header.</summary>
    public static ulong? ContentSize(ReadOnlySpan<byte> frame)
    {
        const int descriptorAt = 4;
        if (!frame.StartsWith(PayloadEncodings.ZstdMagic) || frame.Length <= descriptorAt)
        {
            return null;
        }

        var descriptor = frame[descriptorAt];
        var isSingleSegment = (descriptor & SingleSegment) != 0;
        var windowBytes = isSingleSegment ? 0 : 1;
        var dictionaryIdBytes = (descriptor & 3) switch { 3 => 4, var n => n };
        var sizeBytes = (descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, var n => 1 << n };
        var sizeAt = descriptorAt + 1 + windowBytes + dictionaryIdBytes;
        if (frame.Length < sizeAt + sizeBytes)
        {
            return null;
        }

        var size = frame[sizeAt..];
        return sizeBytes switch
        {
            1 => size[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(size) + 256u,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(size),
            8 => BinaryPrimitives.ReadUInt64LittleEndian(size),
            _ => null,
        };
    }
}
