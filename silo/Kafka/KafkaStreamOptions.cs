using Confluent.Kafka;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Kafka;

/// <summary>What to do when Kafka no longer has the offset to go on from.</summary>
public enum GapPolicy
{
    /// <summary>Record the gap, log an error, go on at the earliest offset that Kafka has.</summary>
    Earliest,

    /// <summary>Record the gap, log an error, leave the partition unread and the silo not ready until a person decides.</summary>
    Fail,
}

/// <summary>Where the records come from and how they are read.</summary>
public sealed class KafkaStreamOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Kafka";

    /// <summary>Addresses of one or more brokers, <c>host:port</c>, parted by commas (<c>KAFKA_BROKERS</c>).</summary>
    public string Brokers { get; set; } = "localhost:9092";

    /// <summary>The consumer group under which offsets are mirrored for lag tools (<c>KAFKA_GROUP_ID</c>). Partitions are not assigned by it: Orleans does that.</summary>
    public string GroupId { get; set; } = "otelorleans";

    /// <summary>Name that brokers see in their logs and quotas (<c>KAFKA_CLIENT_ID</c>).</summary>
    public string ClientId { get; set; } = "otelorleans";

    /// <summary>Topics with traces, parted by commas (<c>KAFKA_TRACE_TOPIC</c>). The default is the OpenTelemetry Collector's.</summary>
    public string TraceTopic { get; set; } = "otlp_spans";

    /// <summary>Topics with logs, parted by commas (<c>KAFKA_LOG_TOPIC</c>).</summary>
    public string LogTopic { get; set; } = "otlp_logs";

    /// <summary>Topics with metrics, parted by commas (<c>KAFKA_METRIC_TOPIC</c>).</summary>
    public string MetricTopic { get; set; } = "otlp_metrics";

    /// <summary>What to do when Kafka no longer has the offset to go on from (retention, a topic made anew).</summary>
    public GapPolicy OnGap { get; set; } = GapPolicy.Earliest;

    /// <summary>Consumers that the partitions of a silo share; each has a thread of its own. 1 to 16.</summary>
    public int Consumers { get; set; } = 2;

    /// <summary>Most records of a chunk. 1 to 10,000.</summary>
    public int MaxChunkRecords { get; set; } = 500;

    /// <summary>Payload bytes at which a chunk is full; a single larger record still makes a chunk. Bytes, 64 KiB to 64 MiB.</summary>
    public int MaxChunkBytes { get; set; } = 4 << 20;

    /// <summary>Payload bytes of a partition that wait in the silo to be taken by its stream; above it the consumer pauses the partition, below a quarter it resumes. Bytes, 64 KiB to 256 MiB.</summary>
    public int MaxPrefetchBytes { get; set; } = 4 << 20;

    /// <summary>The same for all partitions of a silo: while so much waits, a partition is paused at its share of it. Bytes, <see cref="MaxPrefetchBytes"/> to 4 GiB.</summary>
    public long MaxPrefetchBytesPerSilo { get; set; } = 32 << 20;

    /// <summary>How often topics and partitions are looked up. 1 s to 10 min.</summary>
    public TimeSpan MetadataInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Further librdkafka properties for every client, e.g. <c>security.protocol</c>; they win over what is set here.</summary>
    public Dictionary<string, string> Properties { get; set; } = [];

    /// <summary>The topics with their signals.</summary>
    public IReadOnlyList<KafkaTopic> Topics() =>
    [
        .. Split(TraceTopic).Select(t => new KafkaTopic(Signal.Traces, t)),
        .. Split(LogTopic).Select(t => new KafkaTopic(Signal.Logs, t)),
        .. Split(MetricTopic).Select(t => new KafkaTopic(Signal.Metrics, t)),
    ];

    /// <summary>Client settings that consumers, producers and admin clients share.</summary>
    public T Client<T>() where T : ClientConfig, new()
    {
        var config = new T
        {
            BootstrapServers = Brokers,
            ClientId = ClientId,
            // One broker away is told by our own rate-limited log, not by a line per attempt.
            LogConnectionClose = false,
            ReconnectBackoffMaxMs = 2_000,
        };
        foreach (var (key, value) in Properties)
        {
            config.Set(key, value);
        }

        return config;
    }

    private static string[] Split(string names) => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
