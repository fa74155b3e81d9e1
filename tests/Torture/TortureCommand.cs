using System.Globalization;

namespace OtelOrleans.Tests.Torture;

/// <summary><c>torture [--minutes N] [--seed S] [--load mixed|tiny|huge] [--outage|--rolling] [--keep-logs]</c>; <c>make torture</c> runs it. Exit code 0 if nothing was wrong, else 1.</summary>
internal static class TortureCommand
{
    public const string Verb = "torture";

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter progress)
    {
        if (Parse(args) is not { } options)
        {
            await output.WriteLineAsync("usage: torture [--minutes N] [--seed S] [--load mixed|tiny|huge] [--outage|--rolling] [--keep-logs]");
            return 64;
        }

        var result = await TortureRun.RunAsync(options, progress);
        await output.WriteLineAsync(result.ToString());
        return result.IsGood ? 0 : 1;
    }

    private static TortureOptions? Parse(string[] args)
    {
        var options = TortureOptions.Mixed(TimeSpan.FromMinutes(10), seed: 1);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--minutes" when i + 1 < args.Length && double.TryParse(args[++i], CultureInfo.InvariantCulture, out var minutes):
                    options = TortureOptions.Mixed(TimeSpan.FromMinutes(minutes), options.Seed) with { Load = options.Load, KeepLogs = options.KeepLogs };
                    break;
                case "--seed" when i + 1 < args.Length && int.TryParse(args[++i], CultureInfo.InvariantCulture, out var seed):
                    options = options with { Seed = seed };
                    break;
                case "--load" when i + 1 < args.Length && args[++i] is "mixed" or "tiny" or "huge":
                    options = options with { Load = args[i] switch { "tiny" => Load.Tiny, "huge" => Load.Huge, _ => Load.Mixed } };
                    break;
                case "--keep-logs":
                    options = options with { KeepLogs = true };
                    break;
                case "--outage":
                    options = TortureOptions.Away(TimeSpan.FromMinutes(2), options.Seed) with { KeepLogs = options.KeepLogs };
                    break;
                case "--rolling":
                    options = TortureOptions.Rolling(options.Duration, options.Seed) with { KeepLogs = options.KeepLogs };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
