namespace OtelOrleans.Proto;

/// <summary>The payload is OTLP, but of another signal than the one it was taken for.</summary>
public sealed class OtherSignalException : MalformedPayloadException
{
    /// <summary>Without a reason; exists by convention.</summary>
    public OtherSignalException()
    {
    }

    /// <summary>What showed it.</summary>
    public OtherSignalException(string message)
        : base(message)
    {
    }

    /// <summary>What showed it, and the exception behind it.</summary>
    public OtherSignalException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
