using System.Globalization;
using OtelOrleans.Tests.Bench;
using OtelOrleans.Tests.Torture;

namespace OtelOrleans.Tests;

/// <summary><c>bench NAME [ARGUMENTS]</c> measures, <c>torture [OPTIONS]</c> breaks; anything else is xunit's, as in the entry point that it would generate.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["bench", ..])
        {
            return await Benches.RunAsync(args[1..], Console.Out);
        }

        if (args is [TortureCommand.Verb, ..])
        {
            return await TortureCommand.RunAsync(args[1..], Console.Out, Console.Error);
        }

        if (args is [KafkaHost.Verb, var brokers])
        {
            return await KafkaHost.RunAsync(int.Parse(brokers, CultureInfo.InvariantCulture), Console.In, Console.Out);
        }

        return args.Any(a => a is "--server" or "--internal-msbuild-node")
            ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
    }
}
