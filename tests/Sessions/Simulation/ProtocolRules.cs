namespace OtelOrleans.Tests.Sessions.Simulation;

/// <summary>The rules of the protocol that a simulation can take out, to see that it then goes wrong: a simulation that finds nothing proves nothing.</summary>
internal sealed record ProtocolRules
{
    /// <summary>The ledger moves only from exactly what the activation knew.</summary>
    public bool CompareAndSet { get; init; } = true;

    /// <summary>A batch names the offset that its session sent before.</summary>
    public bool NamesPredecessor { get; init; } = true;

    /// <summary>A session notices that Orleans skipped a chunk.</summary>
    public bool MissesSkipped { get; init; } = true;

    /// <summary>A chunk counts when its rows are committed, not when they are buffered.</summary>
    public bool WaitsForCommit { get; init; } = true;

    /// <summary>After a COMMIT without an answer, the activation forgets everything, and does not take it for done.</summary>
    public bool ForgetsWhenUnknown { get; init; } = true;
}
