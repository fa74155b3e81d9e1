using Confluent.Kafka;
using Microsoft.Extensions.Options;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Looks up topics and their partitions, at start and ever again, so that a silo starts while Kafka is away and takes up topics and partitions as they appear.
/// </summary>
internal sealed class KafkaTopicWatcher(
    IOptions<KafkaStreamOptions> options, KafkaQueueMapper mapper, KafkaTopicIds ids, KafkaClientLog clientLog, TimeProvider time, ILogger<KafkaTopicWatcher> log) : BackgroundService
{
    /// <summary>How often to look while something that was asked for is missing.</summary>
    private static readonly TimeSpan Impatient = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private readonly HashSet<string> _saidMissing = [];
    private long _answeredAt;

    /// <summary>Topics asked for that Kafka does not have; null as long as no broker has answered.</summary>
    public IReadOnlyList<string>? Missing { get; private set; }

    /// <summary>Why Kafka counts as away; null if it answers. All brokers lost are known within a second or two, although topics are looked up seldom.</summary>
    public string? Problem => Missing is null
        ? $"no answer from Kafka{(clientLog.Last is { } last ? $": {last.Error.Reason}" : " yet")}"
        : clientLog.AllLostAt > Volatile.Read(ref _answeredAt) ? "no broker can be reached" : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var client = new AdminClientBuilder(options.Value.Client<AdminClientConfig>())
            .SetErrorHandler((_, error) => clientLog.Error(error))
            .SetLogHandler((_, message) => clientLog.Message(message))
            .Build();
        clientLog.AllLost += LookSoon;
        while (!stoppingToken.IsCancellationRequested)
        {
            // The client's call blocks; a thread of its own, not the pool's.
            var found = await Task.Factory.StartNew(() => LookUp(client), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (found.Count > 0)
            {
                // Ids first, then partitions: whoever opens a partition shall know which topic it is of.
                await ids.LookUpAsync(client, found.Keys);
            }

            mapper.Update(found.Select(f => (f.Key, f.Value)));
            await ids.WaitAsync(Missing is { Count: 0 } ? options.Value.MetadataInterval : Impatient, stoppingToken);
        }
    }

    /// <summary>No broker can be reached, some client says. While that is known already, the next look-up is near.</summary>
    private void LookSoon()
    {
        if (Missing is not null)
        {
            ids.Hurry();
        }
    }

    /// <summary>The topics asked for that there are, with their numbers of partitions.</summary>
    private Dictionary<string, int> LookUp(IAdminClient client)
    {
        var wanted = options.Value.Topics();
        Metadata metadata;
        try
        {
            metadata = client.GetMetadata(Timeout);
        }
        catch (KafkaException e)
        {
            // Health must not go on telling what Kafka said before it went away.
            Missing = null;
            clientLog.Error(e.Error);
            return [];
        }

        var found = metadata.Topics.Where(t => !t.Error.IsError && wanted.Any(w => w.Name == t.Topic)).ToDictionary(t => t.Topic, t => t.Partitions.Count);
        List<string> missing = [.. wanted.Select(w => w.Name).Where(name => !found.ContainsKey(name))];
        foreach (var topic in missing.Where(_saidMissing.Add))
        {
            SiloLog.TopicMissing(log, topic);
        }

        foreach (var (topic, partitions) in found.Where(f => _saidMissing.Remove(f.Key)))
        {
            SiloLog.TopicAppeared(log, topic, partitions);
        }

        Missing = missing;
        Volatile.Write(ref _answeredAt, time.GetTimestamp());
        return found;
    }
}
