using System.CommandLine;
using OtelOrleans.Silo.Hosting;
using static OtelOrleans.Silo.Commands.PipelineText;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>flush</c>: stores what is buffered now.</summary>
internal static class FlushCommand
{
    public static Command Create()
    {
        var service = new Option<string?>("--service") { Description = "Only this service (default: all)" };
        var json = PipelineClient.JsonOption();
        var command = new Command("flush", "Has buffers flushed now and waits for it; exit code 1 if rows could not be written") { service, json };
        command.SetAction((parsed, cancellationToken) => PipelineClient.RunAsync(
            async pipeline =>
            {
                var report = await pipeline.FlushAsync(parsed.GetValue(service));
                await Console.Out.WriteLineAsync(
                    parsed.GetValue(json) ? PipelineClient.Json(report) : $"{Number(report.FlushedRows)} rows of {Number(report.Buffers)} buffers stored, {Number(report.BufferedRows)} wait");
                foreach (var error in report.Errors)
                {
                    await Console.Error.WriteLineAsync(error);
                }

                return report.Errors.Length == 0 ? ExitCodes.Success : ExitCodes.Failure;
            },
            cancellationToken));
        return command;
    }
}
