namespace OtelOrleans.Tests.Torture;

/// <summary>What a run does.</summary>
internal sealed record TortureOptions
{
    /// <summary>Chooses loads and faults; how they meet is up to the machine.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long records are sent and faults are done.</summary>
    public required TimeSpan Duration { get; init; }

    public required Load Load { get; init; }

    /// <summary>Null: no faults.</summary>
    public FaultTimes? Faults { get; init; }

    /// <summary>Instead of the faults: Postgres goes away for so long, in the middle.</summary>
    public TimeSpan? Outage { get; init; }

    /// <summary>Instead of the faults: one silo after the other is ended in order and started again, as an upgrade does.</summary>
    public bool IsRolling { get; init; }

    /// <summary>Silos that are meant to run all the time.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>Partitions of each of the three topics.</summary>
    public int Partitions { get; init; } = 4;

    /// <summary>How long after the last fault everything must be stored.</summary>
    public TimeSpan DrainDeadline { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>Keeps the logs of a run that was good, too.</summary>
    public bool KeepLogs { get; init; }

    /// <summary>Further environment variables of the silos.</summary>
    public IReadOnlyList<(string Name, string Value)> Variables { get; init; } = [];

    /// <summary>Everything at once. In a run of up to two minutes each fault is shorter, so that all kinds come to their turn: the form for the suite.</summary>
    public static TortureOptions Mixed(TimeSpan duration, int seed) =>
        new() { Duration = duration, Seed = seed, Load = Load.Mixed, Faults = duration <= TimeSpan.FromMinutes(2) ? FaultTimes.Short : FaultTimes.Long };

    /// <summary>Upgrades all the time; nothing else is wrong.</summary>
    public static TortureOptions Rolling(TimeSpan duration, int seed) => new() { Duration = duration, Seed = seed, Load = Load.Steady, IsRolling = true };

    /// <summary>Postgres away under more load than a silo may hold: one silo, enough partitions for Kafka to keep more than <c>MaxUndurableBytesPerSilo</c>.</summary>
    public static TortureOptions Away(TimeSpan outage, int seed) => new()
    {
        Duration = outage + TimeSpan.FromSeconds(30),
        Outage = outage,
        Seed = seed,
        Load = Load.Flood,
        Silos = 1,
        Partitions = 24,
    };
}
