namespace OtelOrleans.Proto;

/// <summary>The bytes are not a message, neither in protobuf nor in JSON. The same bytes will never succeed: the payload belongs into the dead letters.</summary>
public class MalformedPayloadException : Exception
{
    /// <summary>Without a reason; exists by convention.</summary>
    public MalformedPayloadException()
    {
    }

    /// <summary>What is wrong, for the person who looks at the dead letter.</summary>
    public MalformedPayloadException(string message)
        : base(message)
    {
    }

    /// <summary>What is wrong, and what showed it.</summary>
    public MalformedPayloadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
