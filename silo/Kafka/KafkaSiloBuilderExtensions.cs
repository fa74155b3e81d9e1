using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Streams;

namespace OtelOrleans.Silo.Kafka;

/// <summary>Registers the Kafka stream provider.</summary>
internal static class KafkaSiloBuilderExtensions
{
    /// <summary>Longer than any outage: Orleans skips an item that failed for so long. The decoder does not fail, so this is a second line.</summary>
    private static readonly TimeSpan NeverSkip = TimeSpan.FromDays(365);

    /// <summary>Reads the topics of <see cref="KafkaStreamOptions"/> as streams of the namespace <c>otlp</c>, one per topic-partition.</summary>
    public static ISiloBuilder AddKafkaStreams(this ISiloBuilder silo, string name)
    {
        silo.Services.TryAddSingleton<KafkaClientLog>();
        silo.Services.TryAddSingleton<KafkaConsumerPool>();
        silo.Services.TryAddSingleton<KafkaQueueMapper>();
        silo.Services.TryAddSingleton<KafkaReceiverServices>();
        silo.Services.TryAddSingleton<OwnedPartitions>();
        silo.Services.TryAddSingleton<PartitionLags>();
        silo.Services.TryAddSingleton<PausedPartitions>();
        silo.Services.TryAddSingleton<ResumePoints>();
        silo.Services.TryAddSingleton<KafkaTopicIds>();
        silo.Services.TryAddSingleton<KafkaTopicWatcher>();
        silo.Services.AddHostedService(s => s.GetRequiredService<ResumePoints>());
        silo.Services.AddHostedService(s => s.GetRequiredService<KafkaTopicWatcher>());
        silo.AddPersistentStreams(name, KafkaQueueAdapterFactory.Create, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePartitionBalancing((services, _) => ActivatorUtilities.CreateInstance<KafkaQueueBalancer>(services));
            streams.ConfigurePullingAgent(agent => agent.Configure(o =>
            {
                o.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(50);
                o.MaxEventDeliveryTime = NeverSkip;
                // Partitions are found when Kafka answers, not at start: agents may start at once.
                o.StreamInactivityPeriod = TimeSpan.FromDays(365);
            }));
        });
        return silo;
    }
}
