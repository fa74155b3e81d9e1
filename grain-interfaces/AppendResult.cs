namespace OtelOrleans.GrainInterfaces;

/// <summary>What became of a batch.</summary>
public enum AppendStatus : byte
{
    /// <summary>Every record of it is buffered or durable.</summary>
    Accepted = 1,

    /// <summary>The aggregator has not seen the batch before it: the sender must start again from its resume point.</summary>
    Gap = 2,
}

/// <summary>Answer to <see cref="IServiceAggregatorGrain.AppendAsync"/>.</summary>
/// <param name="Status">What became of the batch.</param>
/// <param name="DurableOffset">Everything of the partition up to this offset that belongs to this service is committed; <see cref="RowBatch.NoOffset"/> if nothing is.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.AppendResult")]
public readonly record struct AppendResult([property: Id(0)] AppendStatus Status, [property: Id(1)] long DurableOffset);

/// <summary>Answer to <see cref="IServiceAggregatorGrain.WaitDurableAsync"/>.</summary>
/// <param name="Known">False: this activation never saw the offset asked for; what was sent before is lost with an earlier activation and must be sent again.</param>
/// <param name="DurableOffset">Everything of the partition up to this offset that belongs to this service is committed.</param>
[GenerateSerializer, Immutable, Alias("otelorleans.DurableMark")]
public readonly record struct DurableMark([property: Id(0)] bool Known, [property: Id(1)] long DurableOffset);
