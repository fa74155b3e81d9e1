using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace OtelOrleans.Silo.Kafka;

/// <summary>Kafka's ids of the topics: a topic that is deleted and made anew has the same name and another id.</summary>
internal class KafkaTopicIds
{
    /// <summary>The client has just heard from the cluster, so one that knows ids answers at once. The embedded Kafka, which has no controller, never does.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, string> _ids = new();
    private volatile TaskCompletionSource _hurry = NewSignal();
    private long _lookUps;

    /// <summary>The id; null as long as no broker has told it, and with brokers older than ids (Kafka 2.8).</summary>
    public string? Of(string topic) => _ids.GetValueOrDefault(topic);

    /// <summary>How often the ids have been looked up.</summary>
    public long LookUps => Volatile.Read(ref _lookUps);

    /// <summary>Somebody cannot wait for the next look-up.</summary>
    public void Hurry() => _hurry.TrySetResult();

    /// <summary>Waits for the time of the next look-up.</summary>
    public async Task WaitAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        await _hurry.Task.WaitAsync(interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _hurry = NewSignal();
    }

    /// <summary>Asks for the ids. One that is not told stays what it was.</summary>
    public async Task LookUpAsync(IAdminClient client, IReadOnlyCollection<string> topics)
    {
        foreach (var topic in await AskAsync(client, topics))
        {
            _ids[topic.Name] = topic.Id;
        }

        Interlocked.Increment(ref _lookUps);
    }

    /// <summary>What the cluster says; nothing if it does not answer.</summary>
    protected virtual async Task<IEnumerable<(string Name, string Id)>> AskAsync(IAdminClient client, IReadOnlyCollection<string> topics)
    {
        try
        {
            return IdsIn((await client.DescribeTopicsAsync(TopicCollection.OfTopicNames(topics), new DescribeTopicsOptions { RequestTimeout = Timeout })).TopicDescriptions);
        }
        catch (DescribeTopicsException e)
        {
            // Some were answered: a topic may have gone since it was listed.
            return IdsIn(e.Results.TopicDescriptions);
        }
        catch (KafkaException)
        {
            // Without ids, offsets that start over stop the partition, and a person is told.
            return [];
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static IEnumerable<(string Name, string Id)> IdsIn(IEnumerable<TopicDescription> topics) =>
        from topic in topics
        where !topic.Error.IsError && topic.TopicId is { } id && (id.MostSignificantBits != 0 || id.LeastSignificantBits != 0)
        select (topic.Name, topic.TopicId.ToString());
}
