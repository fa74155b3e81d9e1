namespace OtelOrleans.Grains.Decoding;

/// <summary>Why something is a dead letter, as <c>dead_letters.reason</c> says it.</summary>
internal static class DeadLetterReason
{
    /// <summary>The record's value is not a protobuf message of its signal.</summary>
    public const string MalformedPayload = "malformed_payload";

    /// <summary>A trace or span id has a length that none can have.</summary>
    public const string InvalidId = "invalid_id";

    /// <summary>Postgres refuses the row; the payload is the row as it was sent to COPY.</summary>
    public const string RefusedByPostgres = "refused_by_postgres";
}
