using System.CommandLine;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Hosting;
using static OtelOrleans.Silo.Commands.PipelineText;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>buffers</c>: what is buffered per service.</summary>
internal static class BuffersCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var service = new Option<string?>("--service") { Description = "Only this service" };
        var watch = new Option<bool>("--watch") { Description = "Show it anew every second, until Ctrl-C" };
        var json = PipelineClient.JsonOption();
        var command = new Command("buffers", "What each service has buffered, how old it is, and how its last flush went: those that fail first, then those with most rows") { service, watch, json };
        command.SetAction((parsed, cancellationToken) => PipelineClient.RunAsync(
            pipeline => parsed.GetValue(watch)
                ? WatchAsync(pipeline, parsed.GetValue(service), parsed.GetValue(json), cancellationToken)
                : PrintAsync(pipeline, parsed.GetValue(service), parsed.GetValue(json)),
            cancellationToken));
        return command;
    }

    private static async Task<int> PrintAsync(IPipelineGrain pipeline, string? service, bool json)
    {
        var buffers = await pipeline.ListBuffersAsync(service);
        if (service is not null && buffers.Length == 0)
        {
            throw new StartupException(ExitCodes.Failure, $"There is no service '{service}': nothing of it was ever stored, nothing is buffered");
        }

        await Console.Out.WriteAsync(json ? PipelineClient.Json(buffers) + "\n" : Format(buffers));
        return ExitCodes.Success;
    }

    /// <summary>On a terminal each picture takes the place of the one before; else they follow each other.</summary>
    private static async Task<int> WatchAsync(IPipelineGrain pipeline, string? service, bool json, CancellationToken cancellationToken)
    {
        var screen = !Console.IsOutputRedirected && !json;
        while (!cancellationToken.IsCancellationRequested)
        {
            var buffers = await pipeline.ListBuffersAsync(service);
            await Console.Out.WriteAsync(json ? PipelineClient.Json(buffers) + "\n" : screen ? Screen(Format(buffers), Console.WindowHeight, Console.WindowWidth) : Format(buffers) + "\n");
            await Task.Delay(Interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ExitCodes.Success;
    }

    /// <summary>As much of it as there is room for, over what is there, without a flicker: home, each line to its end, and nothing below.</summary>
    private static string Screen(string text, int height, int width)
    {
        var lines = text.TrimEnd('\n').Split('\n');
        var shown = lines.Length < height ? lines : [.. lines.Take(height - 2), $"… and {lines.Length - height + 2} more"];
        return "\e[H" + string.Concat(shown.Select(l => $"{(l.Length > width ? l[..width] : l)}\e[K\n")) + "\e[J";
    }

    private static string Format(BufferState[] buffers)
    {
        var now = TimeProvider.System.GetUtcNow();
        return TextTable.Format(
            ["service", "shard", "silo", "rows", "bytes", "oldest", "last flush", "flushed rows", "last error"],
            buffers.Select(b => (string[])
                [
                    b.ServiceName, Number(b.Shard), b.Silo.Length == 0 ? "-" : b.Silo, Number(b.BufferedRows), Bytes(b.BufferedBytes), Age(now, b.OldestBuffered), Age(now, b.LastFlush),
                    Number(b.FlushedRows), b.LastError ?? "",
                ]),
            rightAligned: [1, 3, 4, 5, 6, 7]);
    }
}
