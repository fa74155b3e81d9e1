using OtelOrleans.Tests.Bench.Pipeline;

namespace OtelOrleans.Tests.Bench;

/// <summary>The benches by name: <c>make bench BENCH='NAME [ARGUMENTS] [--json FILE]'</c>; without a name all of them but <c>query</c>, which takes half an hour.</summary>
internal static class Benches
{
    private const string Longest = "query";

    private static readonly Dictionary<string, Func<string[], TextWriter, Task>> ByName = new(StringComparer.Ordinal)
    {
        ["decode"] = static (args, output) => Done(() => DecodeBench.Run(args.FirstOrDefault(), output)),
        ["rollups"] = static (args, output) => Done(() => RollupBench.Run(args.FirstOrDefault(), output)),
        ["json"] = static (args, output) => Done(() => JsonBench.Run(args.FirstOrDefault(), output)),
        ["query"] = static (args, output) => QueryBench.RunAsync(args, output),
        ["answers"] = static (_, output) => AnswersBench.RunAsync(output),
        ["store"] = static (args, output) => StoreBench.RunAsync(args.FirstOrDefault(), output),
        ["ingest"] = static (args, output) => IngestBench.RunAsync(new(args), output),
        ["predecessor"] = static (args, output) => PredecessorBench.RunAsync(new(args), output),
        ["small"] = static (args, output) => SmallBench.RunAsync(new(args), output),
        ["services"] = static (args, output) => ServicesBench.RunAsync(new(args), output),
        ["partitions"] = static (args, output) => PartitionsBench.RunAsync(new(args), output),
        ["growth"] = static (args, output) => GrowthBench.RunAsync(new(args), output),
        ["fresh"] = static (args, output) => FreshBench.RunAsync(new(args), output),
        ["memory"] = static (args, output) => MemoryBench.RunAsync(new(args), output),
        ["idle"] = static (args, output) => IdleBench.RunAsync(new(args), output),
        ["cores"] = static (args, output) => CoresBench.RunAsync(new(args), output),
        ["stages"] = static (args, output) => StagesBench.RunAsync(new(args), output),
    };

    public static async Task<int> RunAsync(string[] args, TextWriter console)
    {
        var json = Array.IndexOf(args, "--json");
        string[] rest = json < 0 ? args : [.. args[..json], .. args.Skip(json + 2)];
        if ((json >= 0 && json + 1 == args.Length) || (rest is [var name, ..] && !ByName.ContainsKey(name)))
        {
            await console.WriteLineAsync($"usage: bench [NAME [ARGUMENTS]] [--json FILE], where NAME is one of: {string.Join(", ", ByName.Keys)}");
            return 64;
        }

        await using var output = new BenchOutput(console);
        var exitCode = 0;
        foreach (var (each, bench) in ByName)
        {
            if (rest is [] ? each != Longest : rest[0] == each)
            {
                exitCode = Math.Max(exitCode, await RunAsync(each, bench, rest is [] ? [] : rest[1..], output, console));
            }
        }

        if (json >= 0)
        {
            output.Save(args[json + 1]);
        }

        return exitCode;
    }

    /// <summary>A bench that cannot be run does not keep the others from running.</summary>
    private static async Task<int> RunAsync(string name, Func<string[], TextWriter, Task> bench, string[] args, BenchOutput output, TextWriter console)
    {
        try
        {
            await bench(args, output);
            return 0;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            await console.WriteLineAsync($"{name}: {e.Message}");
            return 64;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or IOException)
        {
            await console.WriteLineAsync($"{name} failed: {e.Message}");
            return 1;
        }
    }

    private static Task Done(Action bench)
    {
        bench();
        return Task.CompletedTask;
    }
}
