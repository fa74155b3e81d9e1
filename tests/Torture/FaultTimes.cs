namespace OtelOrleans.Tests.Torture;

/// <summary>How long faults last, and what lies between two of the same victim.</summary>
internal sealed record FaultTimes
{
    public static readonly FaultTimes Long = new()
    {
        BetweenSiloFaults = new(20, 90),
        SiloAway = new(0, 15),
        SiloFrozen = TimeSpan.FromSeconds(20),
        BetweenVisits = new(20, 80),
        Visit = new(15, 40),
        BetweenPostgresFaults = new(15, 60),
        PostgresPaused = TimeSpan.FromSeconds(30),
        PostgresAway = new(0, 10),
        BetweenCuts = new(1, 10),
        BetweenKafkaFaults = new(4, 20),
        BrokerAway = new(1, 15),
    };

    /// <summary>A frozen silo still stands longer than it takes the others to declare it dead (about 8 s).</summary>
    public static readonly FaultTimes Short = new()
    {
        BetweenSiloFaults = new(6, 35),
        SiloAway = new(0, 3),
        SiloFrozen = TimeSpan.FromSeconds(12),
        BetweenVisits = new(8, 25),
        Visit = new(8, 12),
        BetweenPostgresFaults = new(5, 12),
        PostgresPaused = TimeSpan.FromSeconds(6),
        PostgresAway = new(0, 2),
        BetweenCuts = new(1, 5),
        BetweenKafkaFaults = new(2, 6),
        BrokerAway = new(1, 4),
    };

    public required TimeRange BetweenSiloFaults { get; init; }

    /// <summary>Between the end of a silo and the start of its successor.</summary>
    public required TimeRange SiloAway { get; init; }

    public required TimeSpan SiloFrozen { get; init; }

    /// <summary>Between two visits of a silo that comes and goes.</summary>
    public required TimeRange BetweenVisits { get; init; }

    public required TimeRange Visit { get; init; }

    public required TimeRange BetweenPostgresFaults { get; init; }

    public required TimeSpan PostgresPaused { get; init; }

    public required TimeRange PostgresAway { get; init; }

    /// <summary>Between two cuts of a connection to Postgres.</summary>
    public required TimeRange BetweenCuts { get; init; }

    public required TimeRange BetweenKafkaFaults { get; init; }

    public required TimeRange BrokerAway { get; init; }
}
