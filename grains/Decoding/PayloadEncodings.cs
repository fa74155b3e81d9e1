namespace OtelOrleans.Grains.Decoding;

/// <summary>Names of encodings, and the first bytes by which a value shows its own.</summary>
/// <remarks>
/// The magic numbers cannot be mistaken for OTLP. A protobuf request has one field, number 1, so it begins with 0x0a; JSON begins with '{' or white space. Of the magics, three are
/// not even tags of protobuf (0x1f and 0xff 0x06 have wire type 7, 0x04 is field 0), and 0x28 and 0x82 0x53 are fields 5 and 1328, which no request has.
/// </remarks>
internal static class PayloadEncodings
{
    /// <summary>Not compressed, whatever the first bytes look like.</summary>
    public const string Identity = "identity";

    private static readonly (string Name, PayloadEncoding Encoding)[] s_all =
    [
        ("gzip", PayloadEncoding.Gzip),
        ("zstd", PayloadEncoding.Zstd),
        ("snappy", PayloadEncoding.Snappy),
        ("x-snappy-framed", PayloadEncoding.SnappyFramed),
        ("lz4", PayloadEncoding.Lz4),
        (Identity, PayloadEncoding.Identity),
        ("deflate", PayloadEncoding.Zlib),
        ("zlib", PayloadEncoding.Zlib),
        ("x-gzip", PayloadEncoding.Gzip),
    ];

    /// <summary>All names, in lower case; they are compared without regard to case.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(e => e.Name)];

    /// <summary>First bytes of a gzip member that holds deflate, the only method there is.</summary>
    public static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b, 0x08];

    /// <summary>First bytes of a zstd frame.</summary>
    public static ReadOnlySpan<byte> ZstdMagic => [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>First bytes of an LZ4 frame.</summary>
    public static ReadOnlySpan<byte> Lz4Magic => [0x04, 0x22, 0x4d, 0x18];

    /// <summary>The chunk that begins a snappy stream. As a raw block it would copy from before its beginning, so it is none.</summary>
    public static ReadOnlySpan<byte> SnappyFramedMagic => [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59];

    /// <summary>First bytes of what xerial's <c>SnappyOutputStream</c> writes. As a raw block it would copy from before its beginning, so it is none.</summary>
    public static ReadOnlySpan<byte> XerialMagic => [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];

    /// <summary>The encoding of that name; null if there is none.</summary>
    public static PayloadEncoding? Parse(string name)
    {
        foreach (var (known, encoding) in s_all)
        {
            if (name.AsSpan().Trim().Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return encoding;
            }
        }

        return null;
    }

    /// <summary>The encoding that the value's first bytes show.</summary>
    public static PayloadEncoding Of(ReadOnlySpan<byte> value) => value[0] switch
    {
        0x1f when value.StartsWith(GzipMagic) => PayloadEncoding.Gzip,
        0x28 when value.StartsWith(ZstdMagic) => PayloadEncoding.Zstd,
        0x04 when value.StartsWith(Lz4Magic) => PayloadEncoding.Lz4,
        0xff when value.StartsWith(SnappyFramedMagic) => PayloadEncoding.SnappyFramed,
        0x82 when value.StartsWith(XerialMagic) => PayloadEncoding.Snappy,
        _ => PayloadEncoding.Identity,
    };
}
