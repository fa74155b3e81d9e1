namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>What a backlog took, from the moment that the silo saw it to the last commit, and what it cost. The silo's own start is not in it.</summary>
internal sealed record Wave
{
    public required long Rows { get; init; }

    public required double RowsPerSecond { get; init; }

    /// <summary>Of that, until the first commit. Seconds.</summary>
    public required double FirstSeconds { get; init; }

    /// <summary>How long the last twentieth of the rows took: what waits for a flush that no other row triggers. Seconds.</summary>
    public required double TailSeconds { get; init; }

    public required int Transactions { get; init; }

    /// <summary>CPU seconds.</summary>
    public required double SiloCpu { get; init; }

    public required double PostgresCpu { get; init; }

    /// <summary>Kafka, and this process.</summary>
    public required double KafkaCpu { get; init; }

    /// <summary>What the writing connections were seen doing; shares.</summary>
    public WriterShares Writers { get; init; }

    /// <summary>The most memory that a silo was seen to have. Bytes.</summary>
    public long Resident { get; init; }

    public double SiloMicros => SiloCpu / Rows * 1e6;

    public double PostgresMicros => PostgresCpu / Rows * 1e6;

    public double KafkaMicros => KafkaCpu / Rows * 1e6;

    public double Micros => SiloMicros + PostgresMicros + KafkaMicros;
}

/// <summary>Of all looks at the writing connections while rows waited, the shares in which they did what.</summary>
/// <param name="Idle">No transaction.</param>
/// <param name="Client">In a transaction, waiting for what the silo sends.</param>
/// <param name="Working">Parsing, inserting, or waiting for a lock or the disk.</param>
internal readonly record struct WriterShares(double Idle, double Client, double Working);
