namespace OtelOrleans.Tests.Bench;

/// <summary>The benches by name: <c>make bench BENCH='NAME [ARGUMENTS]'</c>; without a name all of them.</summary>
internal static class Benches
{
    private static readonly Dictionary<string, Action<string[], TextWriter>> ByName = new(StringComparer.Ordinal)
    {
        ["decode"] = static (args, output) => DecodeBench.Run(args.FirstOrDefault(), output),
        ["rollups"] = static (args, output) => RollupBench.Run(args.FirstOrDefault(), output),
        ["json"] = static (args, output) => JsonBench.Run(args.FirstOrDefault(), output),
        ["query"] = static (args, output) => QueryBench.RunAsync(args, output).GetAwaiter().GetResult(),
        ["answers"] = static (_, output) => AnswersBench.RunAsync(output).GetAwaiter().GetResult(),
        ["store"] = static (args, output) => StoreBench.RunAsync(args.FirstOrDefault(), output).GetAwaiter().GetResult(),
    };

    public static int Run(string[] args, TextWriter output)
    {
        if (args is [])
        {
            foreach (var each in ByName.Values)
            {
                each([], output);
            }

            return 0;
        }

        if (args is not [var name, .. var rest] || !ByName.TryGetValue(name, out var bench))
        {
            output.WriteLine($"usage: bench NAME [ARGUMENTS], where NAME is one of: {string.Join(", ", ByName.Keys)}");
            return 64;
        }

        bench(rest, output);
        return 0;
    }
}
