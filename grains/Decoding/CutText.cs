using System.Buffers.Text;
using System.Text;

namespace OtelOrleans.Grains.Decoding;

/// <summary>Shortens what is too long. The row that it goes to keeps the original.</summary>
internal static class CutText
{
    // A character has up to 4 bytes. What continues for longer is no UTF-8, and is repaired wherever it is cut.
    private const int MaxContinuationBytes = 3;

    /// <summary>The beginning of a text, up to so many bytes, and not ending within a character.</summary>
    public static ReadOnlySpan<byte> Start(ReadOnlySpan<byte> utf8, int maxBytes)
    {
        if (utf8.Length <= maxBytes)
        {
            return utf8;
        }

        var end = maxBytes;
        while (end > 0 && end > maxBytes - MaxContinuationBytes && (utf8[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return utf8[..end];
    }

    /// <summary>The beginning of a text, and a mark that says how long it was.</summary>
    public static byte[] Marked(ReadOnlySpan<byte> utf8, int maxBytes) => [.. Start(utf8, maxBytes), .. Mark(utf8.Length)];

    /// <summary>The beginning of some bytes in base64, and a mark that says how many there were.</summary>
    public static byte[] MarkedBase64(ReadOnlySpan<byte> value, int maxBytes)
    {
        // Three bytes are four characters, so nothing is padded in front of the mark.
        var kept = value[..(maxBytes / 3 * 3)];
        var mark = Mark(value.Length);
        var text = new byte[kept.Length / 3 * 4 + mark.Length];
        Base64.EncodeToUtf8(kept, text, out _, out var written);
        mark.CopyTo(text, written);
        return text;
    }

    private static byte[] Mark(int bytes) => Encoding.UTF8.GetBytes($"…[cut: {bytes} bytes]");
}
