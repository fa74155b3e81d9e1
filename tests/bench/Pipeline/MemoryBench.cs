using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Demo;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>
/// Resident memory of a silo: at rest, while it works off a backlog, and while Postgres is away and the backlog waits. The producer compresses the same records over and over with zstd: so
/// the 5 MiB that the embedded Kafka keeps of each partition hold a GB of payloads.
/// </summary>
internal static class MemoryBench
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var megabytes = arguments.Number("megabytes", 1_000);
        var away = TimeSpan.FromSeconds(arguments.Number("away", 20));
        var options = new PipelineOptions("memory") { Partitions = 64, Compression = CompressionType.Zstd, Variables = PipelineArguments.Variables(arguments) };
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        await using var pipeline = await BenchPipeline.StartAsync(servers, options);
        var load = new BenchLoad(Signal.Traces, 200_000);
        var records = new BenchRecords(load).All();
        var times = (int)Math.Ceiling(megabytes * 1e6 / records.Sum(r => (double)r.Length));
        await new WaveRun(pipeline, load.Signal, load.Rows).RunAsync(records);
        pipeline.Thaw();
        await Task.Delay(Rest);
        var steady = pipeline.ResidentBytes;

        var backlog = await new WaveRun(pipeline, load.Signal, (long)load.Rows * times) { Patience = TimeSpan.FromMinutes(10) }.RunAsync(records, times);
        pipeline.Thaw();
        await Task.Delay(Rest);
        var afterwards = pipeline.ResidentBytes;

        pipeline.Freeze();
        var before = await pipeline.ScalarAsync<long>("select count(*) from otel.spans");
        for (var i = 0; i < times; i++)
        {
            pipeline.Send(load.Signal, records);
        }

        await servers.Postgres.StopAsync(PostgresShutdown.Immediate);
        pipeline.Thaw();
        var whileAway = await PeakAsync(pipeline, away);
        await servers.Postgres.StartAgainAsync(CancellationToken.None);
        var expected = before + ((long)load.Rows * times);
        var clock = Stopwatch.StartNew();
        var back = 0L;
        while (await pipeline.ScalarAsync<long>("select count(*) from otel.spans") is var stored && stored < expected)
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(10))
            {
                throw new TimeoutException($"{stored} rows of {expected} are stored ten minutes after Postgres came back");
            }

            back = Math.Max(back, await PeakAsync(pipeline, TimeSpan.FromSeconds(2)));
        }

        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"memory: steady_mb={steady / 1e6:F0} backlog_mb={backlog.Resident / 1e6:F0} afterwards_mb={afterwards / 1e6:F0} postgres_away_mb={whileAway / 1e6:F0} postgres_back_mb={back / 1e6:F0} {WaveText.Costs([backlog])} payload_mb={records.Sum(r => (double)r.Length) * times / 1e6:F0} rows={(long)load.Rows * times} partitions={options.Partitions} away_s={away.TotalSeconds:F0}"));
    }

    private static async Task<long> PeakAsync(BenchPipeline pipeline, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var peak = 0L;
        while (clock.Elapsed < time)
        {
            peak = Math.Max(peak, pipeline.ResidentBytes);
            await Task.Delay(100);
        }

        return peak;
    }
}
