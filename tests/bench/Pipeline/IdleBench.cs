using System.Globalization;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>What a silo takes that has nothing to do: percent of a core, over seconds in which nothing is sent.</summary>
internal static class IdleBench
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var seconds = arguments.Number("seconds", 30);
        var partitions = arguments.Number("partitions", 32);
        // Partitions are shared by two topics, and there is a third with one.
        var options = new PipelineOptions("idle") { Partitions = (partitions - 1) / 2, Variables = PipelineArguments.Variables(arguments) };
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        await using var pipeline = await BenchPipeline.StartAsync(servers, options);
        await Task.Delay(Settling);
        var postgresId = servers.Postgres.ProcessId;
        var (silo, postgres, kafka) = (pipeline.SiloCpuSeconds, ProcessCpu.SecondsOfFamily(postgresId, without: 0), servers.KafkaCpuSeconds);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"idle: silo_percent={(pipeline.SiloCpuSeconds - silo) / seconds * 100:F1} postgres_percent={(ProcessCpu.SecondsOfFamily(postgresId, without: 0) - postgres) / seconds * 100:F1} kafka_percent={(servers.KafkaCpuSeconds - kafka) / seconds * 100:F1} silo_mb={pipeline.ResidentBytes / 1e6:F0} partitions={(2 * options.Partitions) + 1} seconds={seconds}"));
    }
}
