using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>10, 100 and 2,000 services: ever smaller flushes of ever more aggregators.</summary>
internal static class ServicesBench
{
    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var rows = arguments.Number("rows", 250_000);
        var rounds = arguments.Number("rounds", 3);
        var options = new PipelineOptions("services") { Variables = PipelineArguments.Variables(arguments) };
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        await using var pipeline = await BenchPipeline.StartAsync(servers, options);
        int[] services = [10, 100, 2_000];
        await ComparedWaves.RunAsync(
            "services", [.. services.Select(s => new ComparedPoint($"{s}", pipeline, new BenchLoad(Signal.Traces, rows) { Services = s }))], rounds, output);
    }
}
