using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Kafka;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>What a person does to the pipeline, in all silos.</summary>
internal sealed class PipelineControl(SiloReporter local, SiloPipelineClient client, PipelineReader others, PartitionPauses pauses, KafkaQueueMapper partitions, PostgresWatch postgres, Orleans.Runtime.ILocalSiloDetails silo)
{
    /// <summary>Below the response time-out of the grain's methods.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<FlushReport> FlushAsync(string? serviceName)
    {
        var here = client.Of(silo.SiloAddress).FlushAsync(serviceName);
        var there = await others.AskOthersAsync(s => s.FlushAsync(serviceName), (name, _, e) => new FlushReport(0, 0, 0, [$"silo {name}: {e.Message}"]), Patience);
        FlushReport[] all = [await here, .. there];
        return new(all.Sum(r => r.Buffers), all.Sum(r => r.FlushedRows), all.Sum(r => r.BufferedRows), [.. all.SelectMany(r => r.Errors)]);
    }

    public async Task<PauseOutcome> PauseAsync(string topic, int partition) =>
        partitions.GetAllQueues().Select(KafkaQueueMapper.PartitionOf).Contains((topic, partition))
            ? await ChangeAsync(ct => pauses.AddAsync(topic, partition, ct))
            : PauseOutcome.NoSuchPartition;

    /// <summary>Of a partition that Kafka does not have (any more) a pause can be ended too.</summary>
    public async Task<PauseOutcome> ResumeAsync(string topic, int partition)
    {
        var outcome = await ChangeAsync(ct => pauses.RemoveAsync(topic, partition, ct));
        return outcome == PauseOutcome.Unchanged && !partitions.GetAllQueues().Select(KafkaQueueMapper.PartitionOf).Contains((topic, partition)) ? PauseOutcome.NoSuchPartition : outcome;
    }

    private async Task<PauseOutcome> ChangeAsync(Func<CancellationToken, Task<bool>> change)
    {
        using var deadline = new CancellationTokenSource(Patience);
        bool changed;
        try
        {
            changed = await change(deadline.Token);
        }
        catch (Exception e) when (e is OperationCanceledException || SqlErrors.Classify(e) is not SqlErrorClass.None)
        {
            // A client need not know Npgsql's exceptions.
            throw new InvalidOperationException($"Not done, since {local.Name} cannot reach Postgres: {(e is OperationCanceledException ? "no answer" : SqlErrors.Describe(e))}");
        }

        // Those that do not hear of it look by themselves within a second.
        await Task.WhenAll(
            postgres.AskAsync(CancellationToken.None),
            others.AskOthersAsync(async s => { await s.ReloadPausesAsync(); return true; }, (_, _, _) => false, Patience));
        return changed ? PauseOutcome.Done : PauseOutcome.Unchanged;
    }
}
