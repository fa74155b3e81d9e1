using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;

namespace OtelOrleans.Silo.Kafka;

/// <summary>Gives Orleans the parts of the stream provider.</summary>
internal sealed class KafkaQueueAdapterFactory(string name, KafkaQueueMapper mapper, KafkaReceiverServices services) : IQueueAdapterFactory
{
    private readonly KafkaQueueAdapterCache _cache = new();

    public static KafkaQueueAdapterFactory Create(IServiceProvider services, string name) =>
        new(name, services.GetRequiredService<KafkaQueueMapper>(), services.GetRequiredService<KafkaReceiverServices>());

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(new KafkaQueueAdapter(name, services));

    public IQueueAdapterCache GetQueueAdapterCache() => _cache;

    public IStreamQueueMapper GetStreamQueueMapper() => mapper;

    /// <summary>Nothing to handle: a chunk that could not be delivered breaks its session, which replays it.</summary>
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler(false));
}
