using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>
/// How long from sending a span to its commit, at a fifth of what the pipeline can take. A span says of itself that it began when it was sent, and Postgres when its transaction
/// was committed; both are of one clock.
/// </summary>
internal static class FreshBench
{
    private const int ItemsPerRecord = 50;

    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var seconds = arguments.Number("seconds", 20);
        var given = arguments.Number("rate");
        var variables = PipelineArguments.Variables(arguments);
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        foreach (var (name, options) in ((string, PipelineOptions)[])[
            ("fresh", new("fresh_default") { KeepsRows = true, Variables = variables }),
            ("fresh_100ms", new("fresh_100ms") { KeepsRows = true, Variables = [.. variables, ("FLUSH_INTERVAL", "100")] })])
        {
            await using var pipeline = await BenchPipeline.StartAsync(servers, options);
            await MeasureAsync(name, pipeline, given, seconds, output);
        }
    }

    private static async Task MeasureAsync(string name, BenchPipeline pipeline, int? given, int seconds, TextWriter output)
    {
        var load = new BenchLoad(Signal.Traces, 150_000);
        var backlog = new BenchRecords(load).All();
        await new WaveRun(pipeline, load.Signal, load.Rows).RunAsync(backlog);
        var rate = given ?? (int)((await new WaveRun(pipeline, load.Signal, load.Rows).RunAsync(backlog)).RowsPerSecond / 5);

        var postgresId = pipeline.Servers.Postgres.ProcessId;
        pipeline.Thaw();
        var before = await pipeline.ScalarAsync<long>("select count(*) from otel.spans");
        var began = TimeProvider.System.GetUtcNow();
        var (silo, postgres) = (pipeline.SiloCpuSeconds, ProcessCpu.SecondsOfFamily(postgresId, without: 0));
        var sent = await SendAsync(pipeline, rate, seconds);
        (silo, postgres) = (pipeline.SiloCpuSeconds - silo, ProcessCpu.SecondsOfFamily(postgresId, without: 0) - postgres);
        await Infrastructure.Wait.ForAsync(before + sent, () => pipeline.ScalarAsync<long>("select count(*) from otel.spans"));

        await using var connection = new NpgsqlConnection(pipeline.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select percentile_cont(array[0.5, 0.99, 1]) within group (order by extract(epoch from pg_xact_commit_timestamp(xmin) - start_time)::float8 * 1000)
            from otel.spans where start_time >= $1
            """,
            connection);
        // The first second is that of a silo that has just been woken.
        command.Parameters.Add(new() { Value = began.AddSeconds(1).UtcDateTime });
        var milliseconds = (double[])(await command.ExecuteScalarAsync())!;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: p50_ms={milliseconds[0]:F0} p99_ms={milliseconds[1]:F0} most_ms={milliseconds[2]:F0} rows_per_s={rate} silo_us={silo / sent * 1e6:F2} postgres_us={postgres / sent * 1e6:F2} rows={sent} items_per_record={ItemsPerRecord} seconds={seconds}"));
    }

    /// <summary>Sends what is due, record by record. Returns how many spans.</summary>
    private static async Task<long> SendAsync(BenchPipeline pipeline, int rate, int seconds)
    {
        var records = new BenchRecords(new BenchLoad(Signal.Traces, 0) { ItemsPerResource = ItemsPerRecord / 2 });
        var clock = Stopwatch.StartNew();
        long sent = 0;
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            for (var due = (long)(clock.Elapsed.TotalSeconds * rate); sent < due; sent += ItemsPerRecord)
            {
                pipeline.Send(Signal.Traces, records.Next(ItemsPerRecord, TimeProvider.System.GetUtcNow(), TimeSpan.Zero));
            }

            await Task.Delay(5);
        }

        return sent;
    }
}
