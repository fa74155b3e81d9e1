namespace OtelOrleans.Grains.Decoding;

/// <summary>A payload will not be decoded, now or later, for another reason than that it is not OTLP. It becomes a dead letter.</summary>
/// <param name="reason">One of <see cref="DeadLetterReason"/>.</param>
/// <param name="message">What is wrong and what to do, for the person who looks at the dead letter.</param>
/// <param name="cause">What showed it.</param>
internal sealed class RefusedPayloadException(string reason, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>One of <see cref="DeadLetterReason"/>.</summary>
    public string Reason => reason;
}
