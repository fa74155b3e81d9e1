using System.CommandLine;
using OtelOrleans.Silo.Demo;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>demo</c>: everything on this machine, with sample telemetry going through it.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "End when rows of all three signals are stored, and show some" };
        var command = new Command("demo", "Tries everything out on this machine: a private Postgres, an embedded Kafka, one silo, and a sample application that sends telemetry") { once };
        command.SetAction((parsed, cancellationToken) =>
        {
            DotNetEnv.Env.NoClobber().Load(".env");
            return DemoRun.RunAsync(
                DemoOptions.FromVariables(parsed.GetValue(once), Environment.GetEnvironmentVariable), new DemoSilo(), Console.Out, Console.Error, cancellationToken);
        });
        return command;
    }
}
