namespace OtelOrleans.Silo.Demo;

/// <summary>How many rows Postgres holds.</summary>
internal sealed record DemoCounts(long Spans, long Logs, long Points, long DeadLetters)
{
    /// <summary>At least one row of each signal.</summary>
    public bool HasAllSignals => Spans > 0 && Logs > 0 && Points > 0;
}
