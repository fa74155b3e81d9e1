using System.CommandLine;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Hosting;
using static OtelOrleans.Silo.Commands.PipelineText;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>status</c>: whether data flows, and where it stands.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var json = PipelineClient.JsonOption();
        var command = new Command("status", "Asks the cluster whether data flows and, if not, where it stands: silos, partitions, throughput; exit code 1 if something hinders it") { json };
        command.SetAction((parsed, cancellationToken) => PipelineClient.RunAsync(
            async pipeline =>
            {
                var state = await pipeline.GetStateAsync();
                await Console.Out.WriteAsync(parsed.GetValue(json) ? PipelineClient.Json(state) + "\n" : Format(state));
                return state.Health is PipelineHealth.Flowing or PipelineHealth.Idle ? ExitCodes.Success : ExitCodes.Failure;
            },
            cancellationToken));
        return command;
    }

    private static string Format(PipelineState state)
    {
        var silos = TextTable.Format(
            ["silo", "state", "partitions", "buffers", "undurable", ""],
            state.Silos.Select(s => (string[])
                [s.Silo, Name(s.Condition), Number(s.Partitions), Number(s.Buffers), Bytes(s.UndurableBytes), s.Condition == SiloCondition.Active && s.IsReady ? "ready" : string.Join("; ", s.Reasons)]),
            rightAligned: [2, 3, 4]);
        var partitions = TextTable.Format(
            ["topic/partition", "silo", "resume point", "end", "lag", "lag s", "undurable", ""],
            state.Partitions.Select(p => (string[])
                [
                    $"{p.Topic}/{p.Partition}", p.Silo ?? "-", Number(p.ResumePoint), Number(p.HighWatermark), Number(p.LagRecords), Number(p.LagSeconds, "0.0"), Bytes(p.UndurableBytes),
                    p.IsPaused ? "paused" : p.Problem ?? "",
                ]),
            rightAligned: [2, 3, 4, 5, 6]);
        var signals = TextTable.Format(
            ["signal", "rows/s", "rows"], state.Signals.Select(s => (string[])[Name(s.Signal), Number(s.RowsPerSecond, "#,0"), Number(s.Rows)]), rightAligned: [1, 2]);
        var buffers = $"{Number(state.Buffers.Buffers)} buffers hold {Number(state.Buffers.BufferedRows)} rows ({Bytes(state.Buffers.BufferedBytes)}), the oldest for {Age(state.At, state.Buffers.OldestBuffered)}";
        var flushes = $"transactions of the last minute: {Number(state.Flushes.MedianSeconds * 1000, "0")} ms median, {Number(state.Flushes.MaxSeconds * 1000, "0")} ms at most";
        var letters = state.DeadLettersAt is null ? "dead letters: not known" : $"dead letters: {(state.DeadLetters is [] ? "none" : string.Join(", ", state.DeadLetters.Select(d => $"{Number(d.Letters)} {d.Reason}")))}";
        return $"{Name(state.Health)}: {state.Summary}\n\n{silos}\n{partitions}\n{signals}\n{buffers}\n{flushes}\n{letters}\n";
    }
}
