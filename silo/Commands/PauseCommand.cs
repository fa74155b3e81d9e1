using System.CommandLine;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>pause</c> and <c>resume</c>: whether a partition is read.</summary>
internal static class PauseCommand
{
    public static Command CreatePause() => Create(
        "pause", "Stops reading a partition until it is resumed, over restarts of silos too; what was read of it is still stored", (pipeline, topic, partition) => pipeline.PauseAsync(topic, partition), "paused", "is paused already");

    public static Command CreateResume() => Create(
        "resume", "Goes on reading a partition that was paused, from where it stood", (pipeline, topic, partition) => pipeline.ResumeAsync(topic, partition), "resumed", "was not paused");

    private static Command Create(string name, string description, Func<IPipelineGrain, string, int, Task<PauseOutcome>> change, string done, string unchanged)
    {
        var topic = new Option<string>("--topic") { Description = "Kafka topic", Required = true };
        var partition = new Option<int>("--partition") { Description = "Partition of the topic", Required = true };
        var json = PipelineClient.JsonOption();
        var command = new Command(name, description) { topic, partition, json };
        command.SetAction((parsed, cancellationToken) => PipelineClient.RunAsync(
            async pipeline =>
            {
                var which = $"{parsed.GetValue(topic)}/{parsed.GetValue(partition)}";
                var outcome = await change(pipeline, parsed.GetValue(topic)!, parsed.GetValue(partition));
                if (outcome == PauseOutcome.NoSuchPartition)
                {
                    throw new StartupException(ExitCodes.Failure, $"Kafka has no partition {which} that this cluster reads");
                }

                await Console.Out.WriteLineAsync(parsed.GetValue(json) ? PipelineClient.Json(new { outcome }) : outcome == PauseOutcome.Done ? $"{which} is {done}" : $"{which} {unchanged}");
                return ExitCodes.Success;
            },
            cancellationToken));
        return command;
    }
}
