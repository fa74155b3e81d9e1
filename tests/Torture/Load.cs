namespace OtelOrleans.Tests.Torture;

/// <summary>What kind of records are sent, and how many.</summary>
/// <param name="RecordsPerSecond">Records a second, all topics together; fewer while partitions are full.</param>
/// <param name="MaxItems">Spans, log records or data points of a record: 1 to this, mostly few.</param>
/// <param name="Padding">Bytes of an attribute that makes items as large as is wanted.</param>
internal sealed record Load(double RecordsPerSecond, int MaxItems, int Padding)
{
    /// <summary>All three signals in every encoding, payloads of several services, poison, rows that Postgres refuses.</summary>
    public static readonly Load Mixed = new(250, 40, 60)
    {
        IsMixed = true,
        PoisonShare = 0.01,
        RefusedShare = 0.002,
    };

    /// <summary>The same at leisure, nothing of it wrong.</summary>
    public static readonly Load Steady = new(100, 40, 60) { IsMixed = true };

    /// <summary>A span to a record.</summary>
    public static readonly Load Tiny = new(20_000, 1, 0);

    /// <summary>Records of about 4 MB, a row of 1 KB each 4,000 times.</summary>
    public static readonly Load Huge = new(100, 4_000, 900) { IsFull = true };

    /// <summary>As much as the partitions hold.</summary>
    public static readonly Load Flood = new(4_000, 40, 200) { IsMixed = true };

    /// <summary>All signals and encodings; otherwise spans in protobuf only.</summary>
    public bool IsMixed { get; init; }

    /// <summary>Every record has <see cref="MaxItems"/> items.</summary>
    public bool IsFull { get; init; }

    /// <summary>Share of records that are no OTLP.</summary>
    public double PoisonShare { get; init; }

    /// <summary>Share of records with a row that Postgres refuses.</summary>
    public double RefusedShare { get; init; }
}
