using System.Globalization;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>One of several things to compare: a load through a pipeline.</summary>
/// <param name="Name">What it is called in the bench's line.</param>
/// <param name="Pipeline">Several may share one.</param>
/// <param name="Load">What is sent.</param>
internal sealed record ComparedPoint(string Name, BenchPipeline Pipeline, BenchLoad Load);

/// <summary>Runs the points in turns and compares each with the first.</summary>
internal static class ComparedWaves
{
    /// <summary>Prints a line per point, named <c>NAME_POINT</c>, and one with the ratios.</summary>
    public static async Task RunAsync(string name, IReadOnlyList<ComparedPoint> points, int rounds, TextWriter output)
    {
        var records = points.Select(p => new BenchRecords(p.Load).All()).ToList();
        var waves = points.Select(_ => new List<Wave>()).ToList();
        for (var round = -points.Max(p => WarmUp.RoundsOf(p.Load)); round < rounds; round++)
        {
            for (var i = 0; i < points.Count; i++)
            {
                var wave = await new WaveRun(points[i].Pipeline, points[i].Load.Signal, points[i].Load.Rows).RunAsync(records[i]);
                if (round >= 0)
                {
                    waves[i].Add(wave);
                }
            }
        }

        var ratios = new List<string>();
        for (var i = 0; i < points.Count; i++)
        {
            await output.WriteLineAsync(
                $"{name}_{points[i].Name}: {Spread.Of(waves[i].Select(w => w.RowsPerSecond)).Text("rows_per_s", "F0")} {WaveText.Costs(waves[i])} {WaveText.Flow(waves[i])} rows={points[i].Load.Rows} rounds={rounds}");
            if (i > 0)
            {
                var pairs = waves[i].Zip(waves[0]).ToList();
                ratios.Add(Spread.Of(pairs.Select(p => p.First.RowsPerSecond / p.Second.RowsPerSecond)).Text($"ratio_{points[i].Name}", "F2"));
                ratios.Add(string.Create(CultureInfo.InvariantCulture, $"ratio_cpu_{points[i].Name}={Spread.Of(pairs.Select(p => p.Second.Micros / p.First.Micros)).Median:F2}"));
            }
        }

        await output.WriteLineAsync($"{name}: {string.Join(' ', ratios)}");
    }
}
