using System.Text.RegularExpressions;
using Confluent.Kafka;

namespace OtelOrleans.Silo.Kafka;

/// <summary>Says everything that is wrong with the Kafka options, a line each, before a client is made.</summary>
internal static partial class KafkaStreamOptionsValidator
{
    public static IEnumerable<string> Problems(KafkaStreamOptions options)
    {
        const string section = KafkaStreamOptions.Section;
        if (options.Brokers.Split(',').Any(b => !BrokerAddress().IsMatch(b.Trim())))
        {
            yield return $"{section}:{nameof(options.Brokers)} (KAFKA_BROKERS) is '{options.Brokers}': give host:port, several parted by commas";
        }

        if (string.IsNullOrWhiteSpace(options.GroupId))
        {
            yield return $"{section}:{nameof(options.GroupId)} (KAFKA_GROUP_ID) is empty: give a consumer group name";
        }

        var topics = options.Topics();
        if (topics.Count == 0)
        {
            yield return $"{section}: no topic is named: give at least one of KAFKA_TRACE_TOPIC, KAFKA_LOG_TOPIC, KAFKA_METRIC_TOPIC";
        }

        foreach (var topic in topics.Where(t => !TopicName().IsMatch(t.Name) || t.Name is "." or ".."))
        {
            yield return $"{section}: '{topic.Name}' cannot be a topic: names have 1 to 249 characters of a-z, A-Z, 0-9, '.', '_' and '-'";
        }

        foreach (var twice in topics.GroupBy(t => t.Name).Where(g => g.Count() > 1))
        {
            yield return $"{section}: topic '{twice.Key}' is named for {string.Join(" and ", twice.Select(t => t.Signal.ToString().ToLowerInvariant()))}: "
                + "name it once; records of other signals in it are told apart by the header otelcol.signal";
        }

        foreach (var problem in Range(nameof(options.Consumers), options.Consumers, 1, 16)
            .Concat(Range(nameof(options.MaxChunkRecords), options.MaxChunkRecords, 1, 10_000))
            .Concat(Range(nameof(options.MaxChunkBytes), options.MaxChunkBytes, 64 << 10, 64 << 20))
            .Concat(Range(nameof(options.MaxPrefetchBytes), options.MaxPrefetchBytes, 64 << 10, 256 << 20)))
        {
            yield return problem;
        }

        if (options.MaxPrefetchBytesPerSilo < options.MaxPrefetchBytes || options.MaxPrefetchBytesPerSilo > 4L << 30)
        {
            yield return $"{section}:{nameof(options.MaxPrefetchBytesPerSilo)} is {options.MaxPrefetchBytesPerSilo}: give {nameof(options.MaxPrefetchBytes)} ({options.MaxPrefetchBytes} bytes) to {4L << 30}";
        }

        if (options.MetadataInterval < TimeSpan.FromSeconds(1) || options.MetadataInterval > TimeSpan.FromMinutes(10))
        {
            yield return $"{section}:{nameof(options.MetadataInterval)} is {options.MetadataInterval}: give 00:00:01 to 00:10:00";
        }

        if (options.Properties.Count > 0 && ClientProblem(options) is { } refusal)
        {
            yield return $"{section}:{nameof(options.Properties)}: {refusal}";
        }

        static IEnumerable<string> Range(string name, int value, int least, int most) =>
            value < least || value > most ? [$"{section}:{name} is {value}: give {least} to {most}"] : [];
    }

    /// <summary>What librdkafka says of the properties that it does not know or take; null if it takes them.</summary>
    private static string? ClientProblem(KafkaStreamOptions options)
    {
        try
        {
            using var client = new AdminClientBuilder(options.Client<AdminClientConfig>()).SetLogHandler((_, _) => { }).Build();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException)
        {
            return e.Message;
        }
    }

    [GeneratedRegex(@"^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$")]
    private static partial Regex BrokerAddress();

    [GeneratedRegex("^[A-Za-z0-9._-]{1,249}$")]
    private static partial Regex TopicName();
}
