using OtelOrleans.Proto.Json;

namespace OtelOrleans.Grains.Decoding;

/// <summary>What a topic's payloads are written in: told by each payload's first byte, or fixed by <see cref="DecodingOptions.Encodings"/>.</summary>
internal static class PayloadFormats
{
    /// <summary>OTLP in protobuf.</summary>
    public const string Protobuf = "otlp_proto";

    /// <summary>OTLP/JSON.</summary>
    public const string Json = "otlp_json";

    /// <summary>As the first byte tells.</summary>
    public const string Auto = "auto";

    /// <summary>All names; the first two are the Collector's.</summary>
    public static IReadOnlyList<string> Names { get; } = [Protobuf, Json, Auto];

    /// <summary>Whether a payload is to be read as JSON.</summary>
    /// <param name="payload">The payload, decompressed.</param>
    /// <param name="fixedFormat">One of the names, if the topic has one.</param>
    /// <exception cref="RefusedPayloadException">It cannot be what the topic is fixed to.</exception>
    public static bool IsJson(ReadOnlySpan<byte> payload, string? fixedFormat)
    {
        switch (fixedFormat)
        {
            case Protobuf:
                // White space in front may be protobuf: then it is tried, as it must be where the topic says so.
                if (payload[0] == '{')
                {
                    Throw(Protobuf, "the payload begins with a brace, as JSON does");
                }

                return false;
            case Json:
                if (!OtlpJson.IsJson(payload))
                {
                    Throw(Json, "the payload does not begin with a brace");
                }

                return true;
            default:
                return OtlpJson.IsJson(payload);
        }
    }

    private static void Throw(string format, string why) => throw new RefusedPayloadException(
        DeadLetterReason.WrongEncoding, $"The topic is fixed to {format}, but {why}: see {nameof(DecodingOptions)}.{nameof(DecodingOptions.Encodings)}.");
}
