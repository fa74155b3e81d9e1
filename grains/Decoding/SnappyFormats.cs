using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Snappier;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// The three ways in which snappy is met: one raw block, the framing of snappy's own stream format, and xerial's, which Java clients write. The library decompresses the blocks;
/// the framing is read here, because the library's stream takes one that is cut off for one that has ended, and knows nothing of xerial.
/// </summary>
internal static class SnappyFormats
{
    private const int CrcBytes = 4;
    private const byte Compressed = 0x00;
    private const byte Uncompressed = 0x01;
    private const byte Padding = 0xfe;
    private const byte StreamBegin = 0xff;

    /// <summary>Decompresses any of the three.</summary>
    /// <exception cref="InvalidDataException">The value is not snappy, or cut off.</exception>
    /// <exception cref="RefusedPayloadException">What comes out does not fit the buffer's limit.</exception>
    public static void Decompress(ReadOnlySpan<byte> value, bool isFramed, BoundedBuffer output)
    {
        if (isFramed && !value.StartsWith(PayloadEncodings.SnappyFramedMagic))
        {
            throw new InvalidDataException("a stream does not begin with its name.");
        }

        if (value.StartsWith(PayloadEncodings.SnappyFramedMagic))
        {
            ReadFrames(value, output);
        }
        else if (value.StartsWith(PayloadEncodings.XerialMagic))
        {
            ReadXerial(value, output);
        }
        else
        {
            ReadBlock(value, output);
        }
    }

    private static Span<byte> ReadBlock(ReadOnlySpan<byte> block, BoundedBuffer output)
    {
        // At most 2^32 by format; the library refuses what does not fit an int.
        var length = Snappy.GetUncompressedLength(block);
        if (length == 0 && block.Length > 1)
        {
            // The library does not look further.
            throw new InvalidDataException("a block says that it is empty, and is not.");
        }

        output.Expect((ulong)length);
        var room = output.Take(length);
        if (Snappy.Decompress(block, room) != length)
        {
            throw new InvalidDataException("a block is shorter than it says.");
        }

        return room;
    }

    // A chunk: type, length in 3 bytes, content. Data chunks begin with a check sum of what is in them, uncompressed.
    private static void ReadFrames(ReadOnlySpan<byte> value, BoundedBuffer output)
    {
        while (!value.IsEmpty)
        {
            if (value.Length < 4)
            {
                ThrowCut();
            }

            var type = value[0];
            var length = value[1] | value[2] << 8 | value[3] << 16;
            value = value[4..];
            if (length > value.Length || (type <= Uncompressed && length < CrcBytes))
            {
                ThrowCut();
            }

            var content = value[..length];
            value = value[length..];
            if (type > Uncompressed)
            {
                // The format lets readers step over types 0x80 to 0xfd. Nobody writes them, and a damaged byte must not make data one of them: what is stepped over is lost.
                if (!(type == Padding && !content.ContainsAnyExcept((byte)0)) && !(type == StreamBegin && content.SequenceEqual(PayloadEncodings.SnappyFramedMagic[4..])))
                {
                    throw new InvalidDataException($"a chunk of type {type} is none that is known.");
                }

                continue;
            }

            var data = content[CrcBytes..];
            Span<byte> written;
            if (type == Compressed)
            {
                written = ReadBlock(data, output);
            }
            else
            {
                written = output.Take(data.Length);
                data.CopyTo(written);
            }

            if (MaskedCrc(written) != BinaryPrimitives.ReadUInt32LittleEndian(content))
            {
                throw new InvalidDataException("a chunk does not have its check sum.");
            }
        }
    }

    // Magic (8 bytes), version, oldest compatible version; then blocks, each after its length. All big-endian.
    private static void ReadXerial(ReadOnlySpan<byte> value, BoundedBuffer output)
    {
        const int headerBytes = 16;
        if (value.Length < headerBytes)
        {
            ThrowCut();
        }

        value = value[headerBytes..];
        while (!value.IsEmpty)
        {
            if (value.Length < sizeof(int))
            {
                ThrowCut();
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(value);
            value = value[sizeof(int)..];
            if (length > (uint)value.Length)
            {
                ThrowCut();
            }

            ReadBlock(value[..(int)length], output);
            value = value[(int)length..];
        }
    }

    // CRC-32C, rotated and moved, as the framing format has it.
    private static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? eight : BinaryPrimitives.ReverseEndianness(eight));
        }

        foreach (var one in bytes[^(bytes.Length % sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }

    private static void ThrowCut() => throw new InvalidDataException("it is cut off.");
}
