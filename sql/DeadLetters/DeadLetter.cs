namespace OtelOrleans.Sql.DeadLetters;

/// <summary>What is known of a dead letter, without its payload. The columns of <c>otel.dead_letters</c>.</summary>
/// <param name="Id">Its number.</param>
/// <param name="At">When it was stored.</param>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="Offset">Kafka offset.</param>
/// <param name="ItemIndex">Which item of the record; null: all of it, or a row of it.</param>
/// <param name="RecordTime">Kafka's timestamp.</param>
/// <param name="Signal"><c>traces</c>, <c>logs</c>, <c>metrics</c> or <c>unknown</c>.</param>
/// <param name="Reason">Why, as one word.</param>
/// <param name="SqlState">Postgres' code, where Postgres refused it.</param>
/// <param name="Error">Why, for a person; of the last try.</param>
/// <param name="ServiceName">Whose batch it came with; null for letters of versions that did not say.</param>
/// <param name="ContentEncoding">How the payload is compressed, where a header said it.</param>
/// <param name="RowLayout">The payload is a row of this layout that Postgres refused; null: it is a message.</param>
/// <param name="PayloadBytes">Size of the payload; null where it was dropped.</param>
/// <param name="ReplayedAt">Its rows are stored since then.</param>
/// <param name="DroppedAt">A person has given it up then.</param>
public sealed record DeadLetter(
    long Id,
    DateTimeOffset At,
    string Topic,
    int Partition,
    long Offset,
    int? ItemIndex,
    DateTimeOffset? RecordTime,
    string Signal,
    string Reason,
    string? SqlState,
    string? Error,
    string? ServiceName,
    string? ContentEncoding,
    short? RowLayout,
    long? PayloadBytes,
    DateTimeOffset? ReplayedAt,
    DateTimeOffset? DroppedAt)
{
    /// <summary>Neither replayed nor dropped.</summary>
    public bool IsOpen => ReplayedAt is null && DroppedAt is null;
}

/// <summary>Which letters are meant; what is null or empty does not restrict.</summary>
/// <param name="Ids">Their numbers.</param>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Reason">The reason.</param>
/// <param name="ServiceName">The service.</param>
/// <param name="Since">Stored at this time or later.</param>
/// <param name="IncludeClosed">Also those that were replayed or dropped.</param>
public sealed record DeadLetterFilter(
    IReadOnlyList<long>? Ids = null, string? Topic = null, string? Reason = null, string? ServiceName = null, DateTimeOffset? Since = null, bool IncludeClosed = false)
{
    /// <summary>Whether it means every letter.</summary>
    public bool IsEmpty => Ids is null or [] && Topic is null && Reason is null && ServiceName is null && Since is null;
}

/// <summary>How many letters there are of a reason.</summary>
public readonly record struct DeadLetterCount(string Reason, long Letters, long Bytes, DateTimeOffset First, DateTimeOffset Last);
