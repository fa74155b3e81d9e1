namespace OtelOrleans.Silo.Hosting;

/// <summary>
/// The short environment variables, most of them the predecessor's, and the options they set. Everything else is set by its full name, <c>OTELORLEANS__Section__Option</c>.
/// </summary>
internal static class OptionVariables
{
    public static IReadOnlyDictionary<string, string> Keys { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["LOG_LEVEL"] = "OtelOrleans:Log:Level",
        ["POSTGRES_HOST"] = "OtelOrleans:Postgres:Host",
        ["POSTGRES_PORT"] = "OtelOrleans:Postgres:Port",
        ["POSTGRES_USER"] = "OtelOrleans:Postgres:User",
        ["POSTGRES_PASSWORD"] = "OtelOrleans:Postgres:Password",
        ["POSTGRES_DB"] = "OtelOrleans:Postgres:Database",
        ["POSTGRES_MAX_CONNECTIONS"] = "OtelOrleans:Postgres:MaxConnections",
        ["KAFKA_BROKERS"] = "OtelOrleans:Kafka:Brokers",
        ["KAFKA_GROUP_ID"] = "OtelOrleans:Kafka:GroupId",
        ["KAFKA_CLIENT_ID"] = "OtelOrleans:Kafka:ClientId",
        ["KAFKA_TRACE_TOPIC"] = "OtelOrleans:Kafka:TraceTopic",
        ["KAFKA_LOG_TOPIC"] = "OtelOrleans:Kafka:LogTopic",
        ["KAFKA_METRIC_TOPIC"] = "OtelOrleans:Kafka:MetricTopic",
        ["BATCH_SIZE"] = "OtelOrleans:Aggregation:BatchSize",
        ["FLUSH_INTERVAL"] = "OtelOrleans:Aggregation:FlushInterval",
        ["DATA_RETENTION_ENABLED"] = "OtelOrleans:Retention:Enabled",
        ["DATA_RETENTION_PERIOD"] = "OtelOrleans:Retention:Period",
        ["DATA_RETENTION_CLEANUP_INTERVAL"] = "OtelOrleans:Retention:CleanupInterval",
        ["RETENTION_SPANS_DAYS"] = "OtelOrleans:Retention:SpansDays",
        ["RETENTION_LOGS_DAYS"] = "OtelOrleans:Retention:LogsDays",
        ["RETENTION_METRICS_DAYS"] = "OtelOrleans:Retention:MetricsDays",
        ["RETENTION_ROLLUPS_DAYS"] = "OtelOrleans:Retention:RollupsDays",
        ["RETENTION_AUDIT_DAYS"] = "OtelOrleans:Retention:AuditDays",
        ["CLUSTER_ID"] = "OtelOrleans:Cluster:ClusterId",
        ["SERVICE_ID"] = "OtelOrleans:Cluster:ServiceId",
        ["HTTP_URL"] = "OtelOrleans:Http:Url",
        ["HTTP_TOKEN"] = "OtelOrleans:Http:Token",
        ["HTTP_USER"] = "OtelOrleans:Http:User",
        ["HTTP_PASSWORD"] = "OtelOrleans:Http:Password",
    };

    /// <summary>Adds those that are set; they lose against full names.</summary>
    public static IConfigurationBuilder AddOptionVariables(this IConfigurationBuilder configuration) =>
        configuration.AddInMemoryCollection(Keys
            .Select(k => KeyValuePair.Create(k.Value, Environment.GetEnvironmentVariable(k.Key)))
            // Compose files pass on variables that are not set as empty ones. An empty topic is meant: the signal is not read.
            .Where(v => !string.IsNullOrEmpty(v.Value) || (v.Value is not null && v.Key.EndsWith("Topic", StringComparison.Ordinal))));

    /// <summary>The option's name as a person knows it: with its short variable, if it has one.</summary>
    public static string Describe(string key) =>
        Keys.FirstOrDefault(k => string.Equals(k.Value, key, StringComparison.OrdinalIgnoreCase)) is { Key: { } variable } ? $"{key} ({variable})" : key;
}
