using Orleans.Concurrency;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>Stateless: in whichever silo the caller is, or has its gateway.</summary>
[StatelessWorker]
internal sealed class PipelineGrain(PipelineReader reader, PipelineControl control) : Grain, IPipelineGrain
{
    public async Task<PipelineState> GetStateAsync() => (await reader.ReadAsync(0)).State;

    public Task<BufferState[]> ListBuffersAsync(string? serviceName = null) => reader.BuffersAsync(serviceName);

    public async Task<PartitionState[]> ListPartitionsAsync() => (await GetStateAsync()).Partitions;

    public Task<FlushReport> FlushAsync(string? serviceName = null) => control.FlushAsync(serviceName);

    public Task<PauseOutcome> PauseAsync(string topic, int partition) => control.PauseAsync(topic, partition);

    public Task<PauseOutcome> ResumeAsync(string topic, int partition) => control.ResumeAsync(topic, partition);
}
