using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>Tables that have rows already, of the last hours of the same day, and ten times as many.</summary>
internal static class GrowthBench
{
    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var from = arguments.Number("from", 300_000);
        var rows = arguments.Number("rows", 200_000);
        var rounds = arguments.Number("rounds", 3);
        var variables = PipelineArguments.Variables(arguments);
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        var points = new List<ComparedPoint>();
        var load = new BenchLoad(Signal.Traces, rows);
        try
        {
            foreach (var present in (int[])[from, 10 * from])
            {
                var pipeline = await BenchPipeline.StartAsync(servers, new PipelineOptions($"growth_{present}") { KeepsRows = true, Variables = variables });
                points.Add(new($"{present}", pipeline, load));
                var seed = new BenchLoad(Signal.Traces, 20_000);
                pipeline.Freeze();
                await RawCopyRun.RunAsync(pipeline, EncodedRows.Of(seed, new BenchRecords(seed).All()));
                await GrowAsync(pipeline, seed.Rows, present);
            }

            await ComparedWaves.RunAsync("growth", points, rounds, output);
        }
        finally
        {
            foreach (var point in points)
            {
                await point.Pipeline.DisposeAsync();
            }
        }
    }

    /// <summary>Copies of the rows that are there, with trace ids of their own, over the hours since midnight but the last minutes.</summary>
    private static async Task GrowAsync(BenchPipeline pipeline, int seed, int rows)
    {
        var columns = CopyLayouts.Spans.Columns.Select(c => c.Name).ToList();
        var values = columns.Select(c => c switch
        {
            "trace_id" => "md5(n || span_id)",
            "start_time" => $"date_trunc('day', now(), 'UTC') + (now() - date_trunc('day', now(), 'UTC')) * 0.99 * n / {rows / seed}",
            _ => c,
        });
        await pipeline.ExecuteAsync($"insert into otel.spans ({string.Join(", ", columns)}) select {string.Join(", ", values)} from generate_series(1, {(rows / seed) - 1}) n, (select * from otel.spans) s");
        await pipeline.ExecuteAsync("vacuum (analyze) otel.spans");
    }
}
