using System.Diagnostics;
using System.Text;

namespace OtelOrleans.Silo.Demo;

/// <summary>One run of another program to its end, with its output caught.</summary>
internal sealed record ProgramRun(int ExitCode, string Output)
{
    /// <summary>Runs a program. Its stdout and stderr come back as one text; it gets <paramref name="input"/> and nothing more on stdin.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static async Task<ProgramRun> ToEndAsync(IReadOnlyList<string> command, string input, CancellationToken ct)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            // The caller's folder may be closed to the account that the program runs as.
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // A PGDATA or PGPORT of the person's shell means another server; messages are read in English.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        DataReceivedEventHandler gather = (_, line) =>
        {
            lock (output)
            {
                output.AppendLine(line.Data);
            }
        };
        process.OutputDataReceived += gather;
        process.ErrorDataReceived += gather;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), ct);
            process.StandardInput.Close();
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        lock (output)
        {
            return new(process.ExitCode, output.ToString().Trim());
        }
    }

    /// <summary>The same, where any exit code but 0 is an error that carries the program's last words.</summary>
    public static async Task<string> OrFailAsync(IReadOnlyList<string> command, string input, string what, CancellationToken ct)
    {
        var run = await ToEndAsync(command, input, ct);
        return run.ExitCode == 0
            ? run.Output
            : throw new InvalidOperationException($"Could not {what} ({command[0]} ended with {run.ExitCode}): {run.Output}");
    }
}
