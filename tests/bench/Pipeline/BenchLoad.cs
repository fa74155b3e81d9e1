using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>What is sent: spans or log records of the tests' corpus with ids and times of their own, packed as a collector packs them.</summary>
/// <param name="Signal">Traces or logs.</param>
/// <param name="Rows">How many.</param>
internal sealed record BenchLoad(Signal Signal, int Rows)
{
    public const int DefaultItemsPerRecord = 500;

    /// <summary>Spans or log records of a Kafka record.</summary>
    public int ItemsPerRecord { get; init; } = DefaultItemsPerRecord;

    /// <summary>Those among them that follow each other from one resource, which is one service.</summary>
    public int ItemsPerResource { get; init; } = 50;

    public int Services { get; init; } = 10;

    /// <summary>Where the rows go.</summary>
    public CopyLayout Layout => LayoutOf(Signal);

    public static CopyLayout LayoutOf(Signal signal) => signal == Signal.Logs ? CopyLayouts.LogRecords : CopyLayouts.Spans;
}
