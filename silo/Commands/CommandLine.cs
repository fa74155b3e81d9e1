using System.CommandLine;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;

namespace OtelOrleans.Silo.Commands;

/// <summary>The verbs of the silo binary.</summary>
internal static class CommandLine
{
    /// <summary>How long a verb may take to end after SIGINT or SIGTERM before the process is ended for it: longer than any verb's own deadline.</summary>
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Stores OpenTelemetry data from Kafka in PostgreSQL, each record once. Options are environment variables; see README.md.")
        {
            RunCommand.Create(),
            MigrateCommand.Create(),
            HealthcheckCommand.Create(),
            StatusCommand.Create(),
            BuffersCommand.Create(),
            FlushCommand.Create(),
            PauseCommand.CreatePause(),
            PauseCommand.CreateResume(),
            AuditCommand.Create(),
            DeadLettersCommand.Create(),
            ProduceCommand.Create(),
            DemoCommand.Create(),
        };
        root.SetAction((_, cancellationToken) => RunCommand.RunAsync(cancellationToken));
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // One line, the first error: later ones mostly follow from it.
            var subcommands = parsed.CommandResult.Command.Subcommands;
            var verbs = subcommands.Count > 0 ? $"verbs are {string.Join(", ", subcommands.Select(c => c.Name))}; " : "";
            await Console.Error.WriteLineAsync($"{parsed.Errors[0].Message.TrimEnd('.')}: {verbs}see {string.Join(' ', parsed.CommandResult.Command.Parents.Select(c => c.Name).Append(parsed.CommandResult.Command.Name))} --help");
            return ExitCodes.Usage;
        }

        // SIGINT and SIGTERM cancel the verb, which then ends in order.
        return await GuardAsync(() => parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TerminationTimeout }));
    }

    /// <summary>Turns what a person can mend into one clear line and an exit code.</summary>
    private static async Task<int> GuardAsync(Func<Task<int>> verb)
    {
        try
        {
            return await verb();
        }
        catch (OptionsException e)
        {
            return await FailAsync(ExitCodes.Configuration, e.Message);
        }
        catch (StartupException e)
        {
            return await FailAsync(e.ExitCode, e.Message);
        }
        catch (Exception e) when (SqlErrors.Classify(e) is var kind and not SqlErrorClass.None)
        {
            var code = kind switch
            {
                SqlErrorClass.Transient => ExitCodes.Unavailable,
                SqlErrorClass.Authentication => ExitCodes.NoPermission,
                _ => ExitCodes.Failure,
            };
            return await FailAsync(code, SqlErrors.Describe(e));
        }
        catch (OperationCanceledException)
        {
            return await FailAsync(ExitCodes.Failure, "Interrupted");
        }
    }

    private static async Task<int> FailAsync(int exitCode, string message)
    {
        await Console.Error.WriteLineAsync(message);
        return exitCode;
    }
}
