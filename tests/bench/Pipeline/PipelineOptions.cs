using Confluent.Kafka;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>A way to run the pipeline that is measured. The defaults are those of a silo.</summary>
/// <param name="Name">Letters, digits and underscores.</param>
internal sealed record PipelineOptions(string Name)
{
    /// <summary>Partitions of the topics of traces and logs.</summary>
    public int Partitions { get; init; } = 32;

    /// <summary>For each silo the processor that it is kept on; null: all.</summary>
    public IReadOnlyList<int?> Silos { get; init; } = [null];

    /// <summary>Environment variables of the silos, beside those that name the servers.</summary>
    public IReadOnlyList<(string Name, string Value)> Variables { get; init; } = [];

    /// <summary>How the producer compresses: more fits into the 5 MiB that the embedded Kafka keeps of a partition.</summary>
    public CompressionType Compression { get; init; } = CompressionType.None;

    /// <summary>SQL that changes the migrated database before the silo starts.</summary>
    public string? Sql { get; init; }

    /// <summary>Rows stay from round to round; else the tables are emptied before each.</summary>
    public bool KeepsRows { get; init; }
}
