using System.Globalization;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>The whole pipeline against the predecessor's writing alone, of the same rows, in turns.</summary>
internal static class PredecessorBench
{
    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var rows = arguments.Number("rows", 200_000);
        var written = arguments.Number("predecessor-rows", 20_000);
        var connections = arguments.Number("connections", 2);
        var rounds = arguments.Number("rounds", 3);
        var options = new PipelineOptions("predecessor") { Variables = PipelineArguments.Variables(arguments) };
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        await using var pipeline = await BenchPipeline.StartAsync(servers, options);
        foreach (var (name, signal) in ((string, Signal)[])[("predecessor_spans", Signal.Traces), ("predecessor_logs", Signal.Logs)])
        {
            var load = new BenchLoad(signal, rows);
            var records = new BenchRecords(load).All();
            for (var round = 0; round < WarmUp.RoundsOf(load); round++)
            {
                await new WaveRun(pipeline, signal, rows).RunAsync(records);
            }

            var predecessor = new PredecessorWriter(pipeline, signal, connections);
            await predecessor.PrepareAsync(written);
            List<Wave> ours = [], theirs = [];
            for (var round = 0; round < rounds; round++)
            {
                theirs.Add(await predecessor.RunAsync());
                ours.Add(await new WaveRun(pipeline, signal, rows).RunAsync(records));
            }

            var pairs = ours.Zip(theirs).ToList();
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {Spread.Of(pairs.Select(p => p.First.RowsPerSecond / p.Second.RowsPerSecond)).Text("times_faster", "F1")} times_postgres_cpu={Spread.Of(pairs.Select(p => p.Second.PostgresMicros / p.First.PostgresMicros)).Median:F1} rows_per_s={Spread.Of(ours.Select(w => w.RowsPerSecond)).Median:F0} predecessor_rows_per_s={Spread.Of(theirs.Select(w => w.RowsPerSecond)).Median:F0} {WaveText.Costs(ours)} predecessor_postgres_us={Spread.Of(theirs.Select(w => w.PostgresMicros)).Median:F1} predecessor_client_us={Spread.Of(theirs.Select(w => w.SiloMicros)).Median:F1} rows={rows} predecessor_rows={theirs[0].Rows} predecessor_connections={connections} rounds={rounds}"));
        }
    }
}
