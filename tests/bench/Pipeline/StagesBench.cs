using System.Globalization;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>
/// Where the time of a row goes: the silo's threads by name, and what Postgres takes less where something is left out (indexes; indexes and the write-ahead log). What is left is parsing, the heap and
/// the protocol; the ledger and the rollups are the difference to raw COPY.
/// </summary>
internal static class StagesBench
{
    private const string WithoutIndexes = """
        do $$ declare i regclass; begin
            for i in select indexrelid::regclass from pg_index where indrelid in ('otel.spans'::regclass, 'otel.log_records'::regclass) loop
                execute format('drop index %s', i);
            end loop;
        end $$;
        """;

    private const string WithoutLog = WithoutIndexes + """
        do $$ declare leaf regclass; begin
            for leaf in select inhrelid::regclass from pg_inherits where inhparent in ('otel.spans'::regclass, 'otel.log_records'::regclass) loop
                execute format('alter table %s set unlogged', leaf);
            end loop;
        end $$;
        """;

    public static async Task RunAsync(BenchArguments arguments, TextWriter output)
    {
        var rows = arguments.Number("rows", 250_000);
        var rounds = arguments.Number("rounds", 3);
        var variables = PipelineArguments.Variables(arguments);
        arguments.EndHere();

        (PipelineOptions Options, string Name)[] ways =
        [
            (new("stages_all"), "all"),
            (new("stages_no_indexes") { Sql = WithoutIndexes }, "no_indexes"),
            (new("stages_no_log") { Sql = WithoutLog }, "no_indexes_no_wal"),
            (new("stages_no_rollups") { Variables = [("OTELORLEANS__Rollups__Enabled", "false")] }, "no_rollups"),
        ];
        await using var servers = await BenchServers.StartAsync();
        var pipelines = new List<BenchPipeline>();
        try
        {
            foreach (var (options, _) in ways)
            {
                pipelines.Add(await BenchPipeline.StartAsync(servers, options with { Variables = [.. variables, .. options.Variables] }));
                pipelines[^1].Freeze();
            }

            foreach (var signal in (Signal[])[Signal.Traces, Signal.Logs])
            {
                var name = $"stages_{BenchLoad.LayoutOf(signal).Table}";
                var load = new BenchLoad(signal, rows);
                var silo = pipelines[0].SiloIds.First();
                var (before, all) = (ProcessCpu.SecondsByThread(silo), ProcessCpu.SecondsOf(silo));
                await ComparedWaves.RunAsync(name, [.. ways.Zip(pipelines, (w, p) => new ComparedPoint(w.Name, p, load))], rounds, output);
                await output.WriteLineAsync($"{name}_threads: {Threads(before, ProcessCpu.SecondsByThread(silo), ProcessCpu.SecondsOf(silo) - all, (long)rows * (rounds + WarmUp.RoundsOf(load)))}");
            }
        }
        finally
        {
            foreach (var pipeline in pipelines)
            {
                await pipeline.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// CPU microseconds per row, the dearest first; the first rounds, in which the silo is compiled, are among them. Threads of the pool come and go, so theirs is what the others leave.
    /// </summary>
    private static string Threads(Dictionary<string, double> before, Dictionary<string, double> after, double all, long rows)
    {
        var named = after.Where(t => t.Key != ".NET_TP_Worker").ToDictionary(t => t.Key, t => t.Value - before.GetValueOrDefault(t.Key));
        named["pool"] = all - named.Values.Sum();
        return string.Join(' ', named.Select(t => (t.Key, Micros: t.Value / rows * 1e6)).Where(t => t.Micros >= 0.005).OrderByDescending(t => t.Micros)
            .Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key.Replace('=', '_')}={t.Micros:F2}")));
    }
}
