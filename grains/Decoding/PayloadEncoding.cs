namespace OtelOrleans.Grains.Decoding;

/// <summary>How the value of a Kafka record is compressed. (What the producer compresses whole record batches with is librdkafka's business and not visible here.)</summary>
internal enum PayloadEncoding
{
    /// <summary>Not at all.</summary>
    Identity,

    /// <summary>RFC 1952, one or more members.</summary>
    Gzip,

    /// <summary>RFC 1950, which HTTP calls <c>deflate</c>.</summary>
    Zlib,

    /// <summary>RFC 8878, one or more frames, without a dictionary.</summary>
    Zstd,

    /// <summary>A raw block; or, where a value says so by its first bytes, framed or in xerial's blocks.</summary>
    Snappy,

    /// <summary>Snappy's own stream format, and nothing else.</summary>
    SnappyFramed,

    /// <summary>LZ4 frames.</summary>
    Lz4,
}
