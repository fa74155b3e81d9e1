namespace OtelOrleans.GrainInterfaces;

/// <summary>
/// The pipeline as a whole: what is where, and the few things that a person does to it. Any silo answers, with a call to each of the others:
/// <c>grainFactory.GetGrain&lt;IPipelineGrain&gt;(0)</c>.
/// </summary>
[Alias("otelorleans.IPipelineGrain")]
public interface IPipelineGrain : IGrainWithIntegerKey
{
    /// <summary>Whether data flows and where it stands: silos, partitions, throughput, totals. Answers within seconds while Postgres, Kafka or a silo is away.</summary>
    [Alias("GetState"), ResponseTimeout("00:00:10")]
    Task<PipelineState> GetStateAsync();

    /// <summary>
    /// The buffers of all active aggregators: those whose last flush failed first, then those with most rows. Services that only the ledger knows come last, with an empty
    /// <see cref="BufferState.Silo"/>, if Postgres answers.
    /// </summary>
    /// <param name="serviceName">Only this service; null: all.</param>
    [Alias("ListBuffers"), ResponseTimeout("00:00:10")]
    Task<BufferState[]> ListBuffersAsync(string? serviceName = null);

    /// <summary>All partitions that Kafka has, ordered by topic and partition.</summary>
    [Alias("ListPartitions"), ResponseTimeout("00:00:10")]
    Task<PartitionState[]> ListPartitionsAsync();

    /// <summary>Has buffers flushed now and waits for it, for a second or two at most.</summary>
    /// <param name="serviceName">Only this service; null: all.</param>
    [Alias("Flush"), ResponseTimeout("00:00:10")]
    Task<FlushReport> FlushAsync(string? serviceName = null);

    /// <summary>No more is taken of the partition, on whichever silo it is, until <see cref="ResumeAsync"/>: kept in Postgres. What was taken before becomes durable.</summary>
    [Alias("Pause"), ResponseTimeout("00:00:10")]
    Task<PauseOutcome> PauseAsync(string topic, int partition);

    /// <summary>Ends a pause.</summary>
    [Alias("Resume"), ResponseTimeout("00:00:10")]
    Task<PauseOutcome> ResumeAsync(string topic, int partition);
}

/// <summary>What became of a pause, or of its end.</summary>
public enum PauseOutcome : byte
{
    /// <summary>Done.</summary>
    Done = 1,

    /// <summary>It was so already.</summary>
    Unchanged = 2,

    /// <summary>Kafka has no such partition.</summary>
    NoSuchPartition = 3,
}

/// <summary>What a flush that was asked for has done.</summary>
/// <param name="Buffers">Buffers that were asked to flush.</param>
/// <param name="FlushedRows">Rows committed meanwhile.</param>
/// <param name="BufferedRows">Rows that wait now: new ones, and those that could not be written in time.</param>
/// <param name="Errors">Why buffers could not be written, as <c>service: reason</c>, and which silos did not answer.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.FlushReport")]
public sealed record FlushReport(
    [property: Id(0)] int Buffers,
    [property: Id(1)] long FlushedRows,
    [property: Id(2)] long BufferedRows,
    [property: Id(3)] string[] Errors);
