using System.IO.Hashing;

namespace OtelOrleans.Grains.Decoding;

/// <summary>Recognises wire bytes that were seen before, by their hash.</summary>
/// <param name="Context">Hash of what the content depends on besides its bytes: a schema URL, a metric.</param>
/// <param name="Content">Hash of the bytes.</param>
internal readonly record struct ContentKey(UInt128 Context, UInt128 Content)
{
    /// <summary>Key of content within a context.</summary>
    public static ContentKey Of(UInt128 context, ReadOnlySpan<byte> content) => new(context, XxHash128.HashToUInt128(content));

    /// <summary>Key of content within a context, whose bytes are few.</summary>
    public static ContentKey Of(ReadOnlySpan<byte> context, ReadOnlySpan<byte> content) =>
        new(context.IsEmpty ? UInt128.Zero : XxHash128.HashToUInt128(context), XxHash128.HashToUInt128(content));

    /// <summary>Both parts are hashes already.</summary>
    public override int GetHashCode() => (int)(ulong)Content ^ (int)(ulong)Context;
}
