using Orleans.Providers.Streams.Common;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Place of a chunk in its stream. Comes from a counter of the receiver, not from Kafka's offset: after a replay offsets go back, and Orleans' caches want tokens that only rise.
/// </summary>
[GenerateSerializer, Alias("otelorleans.KafkaSequenceToken")]
internal sealed class KafkaSequenceToken(long sequence) : EventSequenceTokenV2(sequence);
