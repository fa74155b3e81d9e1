namespace OtelOrleans.Grains.Sessions;

/// <summary>Why a session broke, in a word that can be counted; the log says it in full.</summary>
internal enum BreakCause
{
    /// <summary>An aggregator has not seen what was sent to it before.</summary>
    Gap,

    /// <summary>An aggregator has lost what it had accepted: it moved, was fenced or ended.</summary>
    Lost,

    /// <summary>An aggregator did not take rows.</summary>
    NotTaken,

    /// <summary>An aggregator did not say what is durable.</summary>
    NoAnswer,

    /// <summary>A chunk could not be decoded: a bug of ours, or no memory.</summary>
    DecodingFailed,

    /// <summary>Orleans delivered a chunk and not the one before it.</summary>
    Skipped,

    /// <summary>A chunk was not taken for too long.</summary>
    Undelivered,

    /// <summary>Nothing became durable for too long.</summary>
    Stalled,

    /// <summary>Kafka no longer has the records to go on with.</summary>
    OffsetsGone,

    /// <summary>The topic was made anew, or cut back.</summary>
    TopicChanged,
}
