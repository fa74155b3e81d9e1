using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>Records of one span, against records as a collector packs them.</summary>
internal static class SmallBench
{
    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var rows = arguments.Number("rows", 100_000);
        var rounds = arguments.Number("rounds", 5);
        var options = new PipelineOptions("small") { Partitions = 48, Variables = PipelineArguments.Variables(arguments) };
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        await using var pipeline = await BenchPipeline.StartAsync(servers, options);
        var load = new BenchLoad(Signal.Traces, rows);
        await ComparedWaves.RunAsync("small", [new("of_500", pipeline, load), new("of_1", pipeline, load with { ItemsPerRecord = 1 })], rounds, output);
    }
}
