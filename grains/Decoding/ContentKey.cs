using System.IO.Hashing;
using System.Security.Cryptography;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Recognises wire bytes that were seen before, by their hash. Seeded anew in each process, so that nobody can send bytes that collide: those would be taken for each other, or
/// make a dictionary slow.
/// </summary>
/// <param name="Context">Hash of what the content depends on besides its bytes: a schema URL, a metric.</param>
/// <param name="Content">Hash of the bytes.</param>
internal readonly record struct ContentKey(UInt128 Context, UInt128 Content)
{
    private static readonly long s_seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <summary>For what is hashed piece by piece.</summary>
    public static XxHash128 NewHasher() => new(s_seed);

    /// <summary>Key of content within a context.</summary>
    public static ContentKey Of(UInt128 context, ReadOnlySpan<byte> content) => new(context, Hash(content));

    /// <summary>Key of content within a context, whose bytes are few.</summary>
    public static ContentKey Of(ReadOnlySpan<byte> context, ReadOnlySpan<byte> content) => new(context.IsEmpty ? UInt128.Zero : Hash(context), Hash(content));

    /// <summary>Both parts are hashes already.</summary>
    public override int GetHashCode() => (int)(ulong)Content ^ (int)(ulong)Context;

    private static UInt128 Hash(ReadOnlySpan<byte> bytes) => XxHash128.HashToUInt128(bytes, s_seed);
}
