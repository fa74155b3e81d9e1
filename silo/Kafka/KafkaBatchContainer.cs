using Orleans.Runtime;
using Orleans.Streams;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Kafka;

/// <summary>One chunk on its way through Orleans' stream delivery. Never leaves the silo.</summary>
[GenerateSerializer, Immutable, Alias("otelorleans.KafkaBatchContainer")]
internal sealed class KafkaBatchContainer(StreamId streamId, KafkaSequenceToken token, PayloadChunk chunk) : IBatchContainer
{
    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    [Id(1)]
    public KafkaSequenceToken Token { get; } = token;

    [Id(2)]
    public PayloadChunk Chunk { get; } = chunk;

    public StreamSequenceToken SequenceToken => Token;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() => [Tuple.Create((T)(object)Chunk, SequenceToken)];

    public bool ImportRequestContext() => false;
}
