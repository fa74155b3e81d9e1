namespace OtelOrleans.Grains.Decoding;

/// <summary>Why something is a dead letter, as <c>dead_letters.reason</c> says it.</summary>
internal static class DeadLetterReason
{
    /// <summary>The record's value is not a message of its signal, neither in protobuf nor in JSON.</summary>
    public const string MalformedPayload = "malformed_payload";

    /// <summary>A trace or span id has a length that none can have.</summary>
    public const string InvalidId = "invalid_id";
}
