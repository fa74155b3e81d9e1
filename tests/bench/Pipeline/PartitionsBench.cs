using Confluent.Kafka;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>1, 8 and 64 partitions, a silo for each. The producer compresses, because a backlog worth measuring is more than the embedded Kafka keeps of one partition.</summary>
internal static class PartitionsBench
{
    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var rows = arguments.Number("rows", 50_000);
        var rounds = arguments.Number("rounds", 5);
        var variables = PipelineArguments.Variables(arguments);
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        var points = new List<ComparedPoint>();
        try
        {
            foreach (var partitions in (int[])[1, 8, 64])
            {
                var options = new PipelineOptions($"partitions_{partitions}") { Partitions = partitions, Compression = CompressionType.Zstd, Variables = variables };
                points.Add(new($"{partitions}", await BenchPipeline.StartAsync(servers, options), new BenchLoad(Signal.Traces, rows)));
                points[^1].Pipeline.Freeze();
            }

            await ComparedWaves.RunAsync("partitions", points, rounds, output);
        }
        finally
        {
            foreach (var point in points)
            {
                await point.Pipeline.DisposeAsync();
            }
        }
    }
}
