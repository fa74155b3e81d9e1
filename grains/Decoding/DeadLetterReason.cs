namespace OtelOrleans.Grains.Decoding;

/// <summary>Why something is a dead letter, as <c>dead_letters.reason</c> says it.</summary>
internal static class DeadLetterReason
{
    /// <summary>The record's value is not a message of its signal, neither in protobuf nor in JSON.</summary>
    public const string MalformedPayload = "malformed_payload";

    /// <summary>The value, as it is in Kafka, has more bytes than <see cref="DecodingOptions.MaxPayloadBytes"/>.</summary>
    public const string PayloadTooLarge = "payload_too_large";

    /// <summary>The value is compressed, and what comes out is larger than <see cref="DecodingOptions.MaxDecompressedBytes"/> or <see cref="DecodingOptions.MaxCompressionRatio"/> allow.</summary>
    public const string DecompressionLimit = "decompression_limit";

    /// <summary>The value is not what its encoding should be, or is cut off.</summary>
    public const string DecompressionFailed = "decompression_failed";

    /// <summary>The header <c>content-encoding</c> names an encoding that this version does not know.</summary>
    public const string UnknownEncoding = "unknown_encoding";

    /// <summary>The payload holds more than <see cref="DecodingOptions.MaxRecordsPerPayload"/>.</summary>
    public const string TooManyRecords = "too_many_records";

    /// <summary>The payload is of more services than <see cref="DecodingOptions.MaxServicesPerPayload"/>.</summary>
    public const string TooManyServices = "too_many_services";

    /// <summary>A span, log record, data point, exemplar, resource or scope takes more bytes than <see cref="DecodingOptions.MaxRecordBytes"/>.</summary>
    public const string RecordTooLarge = "record_too_large";

    /// <summary>The rows of the payload would take many times its bytes.</summary>
    public const string RowsTooLarge = "rows_too_large";

    /// <summary>The value is in another encoding than its topic has by <see cref="DecodingOptions.Encodings"/>.</summary>
    public const string WrongEncoding = "wrong_encoding";

    /// <summary>The value is protobuf, but cannot be of the signal that its topic or header says.</summary>
    public const string WrongSignal = "wrong_signal";

    /// <summary>A trace or span id has a length that none can have.</summary>
    public const string InvalidId = "invalid_id";

    /// <summary>So many items cannot be stored that the payload is kept whole.</summary>
    public const string TooManyRefusedItems = "too_many_refused_items";

    /// <summary>Postgres refuses the row; the payload is the row as it was sent to COPY.</summary>
    public const string RefusedByPostgres = "refused_by_postgres";
}
