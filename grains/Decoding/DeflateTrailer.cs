using System.Buffers.Binary;
using System.IO.Hashing;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// The check sums at the end of gzip and zlib. .NET's streams check them where they come to them, but take a stream that is cut off for one that has ended, and would hand out
/// half a payload as a whole one.
/// </summary>
internal static class DeflateTrailer
{
    private const int GzipBytes = 8;

    /// <summary>Size of the output of the last member, modulo 2^32, if the value is whole.</summary>
    public static uint GzipSize(ReadOnlySpan<byte> value) => value.Length < GzipBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(value[^sizeof(uint)..]);

    /// <summary>Checks the last member. Those before it are whole, or the reader would not have come to it.</summary>
    /// <exception cref="InvalidDataException">The value does not end with the size and check sum of what came out of it.</exception>
    public static void CheckGzip(ReadOnlySpan<byte> value, ReadOnlySpan<byte> output)
    {
        var size = GzipSize(value);
        if (value.Length < GzipBytes
            || size > (uint)output.Length
            || (size == 0 && output.Length > 0)
            || Crc32.HashToUInt32(output[^(int)size..]) != BinaryPrimitives.ReadUInt32LittleEndian(value[^GzipBytes..]))
        {
            throw new InvalidDataException("it does not end with its check sum.");
        }
    }

    /// <summary>Checks the whole.</summary>
    /// <exception cref="InvalidDataException">The value does not end with the check sum of what came out of it.</exception>
    public static void CheckZlib(ReadOnlySpan<byte> value, ReadOnlySpan<byte> output)
    {
        if (value.Length < sizeof(uint) || Adler32(output) != BinaryPrimitives.ReadUInt32BigEndian(value[^sizeof(uint)..]))
        {
            throw new InvalidDataException("it does not end with its check sum.");
        }
    }

    private static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        // RFC 1950: two sums modulo the largest prime below 2^16. 5,552 bytes are what fits 32 bits before the modulo has to be taken.
        const uint modulus = 65_521;
        const int run = 5_552;
        uint a = 1, b = 0;
        while (!bytes.IsEmpty)
        {
            foreach (var next in bytes[..Math.Min(run, bytes.Length)])
            {
                a += next;
                b += a;
            }

            a %= modulus;
            b %= modulus;
            bytes = bytes[Math.Min(run, bytes.Length)..];
        }

        return b << 16 | a;
    }
}
