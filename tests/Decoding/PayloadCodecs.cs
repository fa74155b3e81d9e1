using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4.Streams;
using Snappier;
using ZstdSharp.Unsafe;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Compresses values, in every way that senders do.</summary>
internal static class PayloadCodecs
{
    /// <summary>Name of each way, the name for the header, whether the first bytes tell it.</summary>
    public static readonly (string Way, string Header, bool HasMagic)[] All =
    [
        ("gzip", "gzip", true),
        ("gzip of two members", "gzip", true),
        ("zlib", "deflate", false),
        ("zstd", "zstd", true),
        ("zstd without size", "zstd", true),
        ("zstd with check sum", "zstd", true),
        ("zstd of two frames", "zstd", true),
        ("snappy", "snappy", false),
        ("snappy framed", "x-snappy-framed", true),
        ("snappy xerial", "snappy", true),
        ("lz4", "lz4", true),
        ("lz4 with check sums", "lz4", true),
        ("lz4 of two frames", "lz4", true),
    ];

    public static byte[] Compress(string way, byte[] value) => way switch
    {
        "gzip" => Streamed(value, s => new GZipStream(s, CompressionLevel.Optimal, true)),
        "gzip of two members" => Halves("gzip", value),
        "zlib" => Streamed(value, s => new ZLibStream(s, CompressionLevel.Optimal, true)),
        "zstd" => Zstd(value, 0),
        "zstd without size" => Streamed(value, s => new ZstdSharp.CompressionStream(s)),
        "zstd with check sum" => Zstd(value, 1),
        "zstd of two frames" => Halves("zstd", value),
        "snappy" => Snappy.CompressToArray(value),
        "snappy framed" => Streamed(value, s => new SnappyStream(s, CompressionMode.Compress, true)),
        "snappy xerial" => Xerial(value),
        "lz4" => Streamed(value, s => LZ4Stream.Encode(s, leaveOpen: true)),
        "lz4 with check sums" => Streamed(value, s => LZ4Stream.Encode(s, new LZ4EncoderSettings { BlockChecksum = true, ContentChecksum = true }, true)),
        "lz4 of two frames" => Halves("lz4", value),
        _ => throw new ArgumentException(way, nameof(way)),
    };

    public static byte[] Streamed(byte[] value, Func<Stream, Stream> codec)
    {
        var output = new MemoryStream();
        using (var stream = codec(output))
        {
            stream.Write(value);
        }

        return output.ToArray();
    }

    private static byte[] Zstd(byte[] value, int checkSum)
    {
        using var zstd = new ZstdSharp.Compressor();
        zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, checkSum);
        return zstd.Wrap(value).ToArray();
    }

    private static byte[] Halves(string way, byte[] value) => [.. Compress(way, value[..(value.Length / 2)]), .. Compress(way, value[(value.Length / 2)..])];

    private static byte[] Xerial(byte[] value)
    {
        List<byte> output = [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
        var length = new byte[4];
        foreach (var block in value.Chunk(32 * 1024))
        {
            var compressed = Snappy.CompressToArray(block);
            BinaryPrimitives.WriteInt32BigEndian(length, compressed.Length);
            output.AddRange([.. length, .. compressed]);
        }

        return [.. output];
    }
}
