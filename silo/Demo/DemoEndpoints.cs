using System.Globalization;

namespace OtelOrleans.Silo.Demo;

/// <summary>What a silo of the demo is pointed at.</summary>
/// <param name="KafkaBrokers">As <c>KAFKA_BROKERS</c>.</param>
/// <param name="Topics">The three topics; they exist.</param>
/// <param name="Postgres">A database that exists, with a user who may do everything in it.</param>
/// <param name="KafkaIsEmbedded">librdkafka's mock: an empty fetch sleeps all of <c>fetch.wait.max.ms</c> there, so set 5–20 ms.</param>
internal sealed record DemoEndpoints(string KafkaBrokers, DemoTopics Topics, DemoPostgres Postgres, bool KafkaIsEmbedded)
{
    /// <summary>The same as the silo's environment variables.</summary>
    public IReadOnlyDictionary<string, string> ToVariables() => new Dictionary<string, string>
    {
        ["KAFKA_BROKERS"] = KafkaBrokers,
        ["KAFKA_TRACE_TOPIC"] = Topics.Traces,
        ["KAFKA_LOG_TOPIC"] = Topics.Logs,
        ["KAFKA_METRIC_TOPIC"] = Topics.Metrics,
        ["POSTGRES_HOST"] = Postgres.Host,
        ["POSTGRES_PORT"] = Postgres.Port.ToString(CultureInfo.InvariantCulture),
        ["POSTGRES_USER"] = Postgres.User,
        ["POSTGRES_PASSWORD"] = Postgres.Password,
        ["POSTGRES_DB"] = Postgres.Database,
    };
}
