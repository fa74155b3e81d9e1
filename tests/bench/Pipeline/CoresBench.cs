using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>Two silos that are kept on a processor each, against one on two. Postgres and Kafka are where they like, so this shows what the cluster costs and not how it scales.</summary>
internal static class CoresBench
{
    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var rows = arguments.Number("rows", 250_000);
        var rounds = arguments.Number("rounds", 3);
        var variables = PipelineArguments.Variables(arguments);
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        await using var one = await BenchPipeline.StartAsync(servers, new PipelineOptions("cores_one") { Variables = variables });
        one.Freeze();
        await using var two = await BenchPipeline.StartAsync(servers, new PipelineOptions("cores_two") { Silos = [0, 1], Variables = variables });
        two.Freeze();
        var load = new BenchLoad(Signal.Traces, rows);
        await ComparedWaves.RunAsync("cores", [new("one_silo", one, load), new("two_silos", two, load)], rounds, output);
    }
}
