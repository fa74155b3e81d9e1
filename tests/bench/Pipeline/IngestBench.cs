using System.Globalization;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>From a backlog in Kafka to committed rows with the default options, against raw COPY of the very same encoded rows into the same tables; in turns. Spans and logs each for themselves.</summary>
internal static class IngestBench
{
    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var rows = arguments.Number("rows", 400_000);
        var rounds = arguments.Number("rounds", 5);
        var services = arguments.Number("services", 10);
        var warmUp = arguments.Number("warm-up");
        var options = new PipelineOptions("ingest") { Partitions = arguments.Number("partitions", 48), Variables = PipelineArguments.Variables(arguments) };
        arguments.EndHere();

        await using var servers = await BenchServers.StartAsync();
        await using var pipeline = await BenchPipeline.StartAsync(servers, options);
        await MeasureAsync(pipeline, new BenchLoad(Signal.Traces, rows) { Services = services }, rounds, warmUp, "ingest_spans", output);
        await MeasureAsync(pipeline, new BenchLoad(Signal.Logs, rows) { Services = services }, rounds, warmUp, "ingest_logs", output);
    }

    /// <summary>Prints a line.</summary>
    private static async Task MeasureAsync(BenchPipeline pipeline, BenchLoad load, int rounds, int? warmUp, string name, TextWriter output)
    {
        var records = new BenchRecords(load).All();
        var encoded = EncodedRows.Of(load, records);
        List<Wave> ingests = [], copies = [];
        for (var round = -(warmUp ?? WarmUp.RoundsOf(load)); round < rounds; round++)
        {
            var ingest = await new WaveRun(pipeline, load.Signal, load.Rows).RunAsync(records);
            var copy = await RawCopyRun.RunAsync(pipeline, encoded);
            if (round >= 0)
            {
                ingests.Add(ingest);
                copies.Add(copy);
            }
        }

        // What one pays and the other does not is CPU where processors are all that is short.
        var pairs = ingests.Zip(copies).ToList();
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {Of(pairs, p => p.First.RowsPerSecond / p.Second.RowsPerSecond).Text("ratio_limit", "F2")} {Of(pairs, p => p.Second.PostgresMicros / p.First.PostgresMicros).Text("ratio_postgres_cpu", "F2")} {Of(pairs, p => p.Second.Micros / p.First.Micros).Text("ratio_cpu", "F2")} {Of(ingests, w => w.RowsPerSecond).Text("rows_per_s", "F0")} copy_rows_per_s={Median(copies, w => w.RowsPerSecond):F0} {WaveText.Costs(ingests)} copy_postgres_us={Median(copies, w => w.PostgresMicros):F2} copy_client_us={Median(copies, w => w.SiloMicros):F2} {WaveText.Flow(ingests)} rows={load.Rows} row_bytes={encoded.Bytes / encoded.Rows} payload_bytes={records.Sum(r => (long)r.Length) / load.Rows} rounds={rounds}"));
    }

    private static Spread Of<T>(IEnumerable<T> rounds, Func<T, double> value) => Spread.Of(rounds.Select(value));

    private static double Median(IEnumerable<Wave> waves, Func<Wave, double> value) => Of(waves, value).Median;
}
