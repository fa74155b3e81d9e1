using OtelOrleans.Tests.Bench;

namespace OtelOrleans.Tests;

/// <summary><c>bench NAME [ARGUMENTS]</c> measures; anything else is xunit's, as in the entry point that it would generate.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["bench", ..])
        {
            return Benches.Run(args[1..], Console.Out);
        }

        return args.Any(a => a is "--server" or "--internal-msbuild-node")
            ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }
}
