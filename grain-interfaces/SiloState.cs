namespace OtelOrleans.GrainInterfaces;

/// <summary>What the cluster makes of a silo.</summary>
public enum SiloCondition : byte
{
    /// <summary>Not a member yet.</summary>
    Joining = 1,

    /// <summary>A member that answers.</summary>
    Active = 2,

    /// <summary>On its way out, in order.</summary>
    Leaving = 3,

    /// <summary>A member that does not answer.</summary>
    Silent = 4,

    /// <summary>Left, or was found dead, within the last minutes.</summary>
    Gone = 5,
}

/// <summary>One silo at one moment.</summary>
/// <param name="Silo">Its address, as <c>host:port</c>.</param>
/// <param name="Condition">What the cluster makes of it.</param>
/// <param name="IsReady">What it answers at <c>/healthz/ready</c>.</param>
/// <param name="Reasons">Why it is not ready, or does not answer, a line each.</param>
/// <param name="PostgresProblem">What it has against Postgres; null if Postgres answers it.</param>
/// <param name="IsSchemaWrong">The problem is one of the schema: waiting will not help.</param>
/// <param name="KafkaProblem">What it has against Kafka; null if Kafka answers it.</param>
/// <param name="Partitions">How many partitions are its to read.</param>
/// <param name="Buffers">How many aggregators it has.</param>
/// <param name="UndurableBytes">Payload bytes that it has read and not committed.</param>
/// <param name="StartedAt">When its process began; null if that is not known.</param>
/// <param name="Version">Its version.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.SiloState")]
public sealed record SiloState(
    [property: Id(0)] string Silo,
    [property: Id(1)] SiloCondition Condition,
    [property: Id(2)] bool IsReady,
    [property: Id(3)] string[] Reasons,
    [property: Id(4)] string? PostgresProblem,
    [property: Id(5)] bool IsSchemaWrong,
    [property: Id(6)] string? KafkaProblem,
    [property: Id(7)] int Partitions,
    [property: Id(8)] int Buffers,
    [property: Id(9)] long UndurableBytes,
    [property: Id(10)] DateTimeOffset? StartedAt,
    [property: Id(11)] string? Version);
