using System.Text;
using OtelOrleans.Grains.Decoding;

namespace OtelOrleans.Tests.Torture;

/// <summary>Values that are no OTLP, each in a way of its own.</summary>
internal static class Poison
{
    /// <summary>The reason that its dead letter must give, the bytes, and the header <c>content-encoding</c>.</summary>
    public static (string Reason, byte[] Payload, string? Encoding) Make(long number, Random random) => random.Next(5) switch
    {
        0 => (DeadLetterReason.MalformedPayload, Encoding.UTF8.GetBytes($"this is no OTLP {number}"), null),
        1 => (DeadLetterReason.MalformedPayload, Encoding.UTF8.GetBytes($$"""{"number":{{number}}"""), null),
        // A length that goes beyond the end.
        2 => (DeadLetterReason.MalformedPayload, [0x0A, 0x7F, .. Encoding.UTF8.GetBytes($"{number}")], null),
        3 => (DeadLetterReason.DecompressionFailed, [0x1F, 0x8B, 0x08, 0, .. Encoding.UTF8.GetBytes($"cut off {number}")], "gzip"),
        _ => (DeadLetterReason.UnknownEncoding, Encoding.UTF8.GetBytes($"squeezed {number}"), "squeeze"),
    };
}
