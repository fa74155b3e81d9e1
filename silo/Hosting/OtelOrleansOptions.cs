using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Kafka;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Rollups;
using OtelOrleans.Sql.Upkeep;

namespace OtelOrleans.Silo.Hosting;

/// <summary>All options of a silo, read and checked before anything starts.</summary>
internal sealed class OtelOrleansOptions
{
    public required KafkaStreamOptions Kafka { get; init; }

    public required PostgresOptions Postgres { get; init; }

    public required RollupOptions Rollups { get; init; }

    public required RetentionOptions Retention { get; init; }

    public required AggregationOptions Aggregation { get; init; }

    public required FlowOptions Flow { get; init; }

    public required DecodingOptions Decoding { get; init; }

    public required ClusterOptions Cluster { get; init; }

    public required HttpOptions Http { get; init; }

    public required LogOptions Log { get; init; }

    /// <summary>
    /// From, the later winning over the earlier: <c>appsettings.json</c>, the short environment variables, the full ones. A <c>.env</c> file of the working directory counts as
    /// environment, where the environment does not set the same.
    /// </summary>
    public static IConfiguration Configuration()
    {
        DotNetEnv.Env.NoClobber().Load(".env");
        return new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddOptionVariables()
            .AddEnvironmentVariables()
            .Build();
    }

    /// <exception cref="OptionsException">Lists every problem.</exception>
    public static OtelOrleansOptions Read(IConfiguration configuration)
    {
        var problems = new List<string>();
        var known = new[] { KafkaStreamOptions.Section, PostgresSection, RollupOptions.Section, RetentionOptions.Section, AggregationOptions.Section, FlowOptions.Section, DecodingOptions.Section, ClusterOptions.Section, HttpOptions.Section, LogOptions.Section };
        problems.AddRange(configuration.GetSection("OtelOrleans").GetChildren().Select(s => $"OtelOrleans:{s.Key}")
            .Where(s => !known.Contains(s, StringComparer.OrdinalIgnoreCase))
            .Select(s => $"{s} is not a section of options; sections are {string.Join(", ", known)}"));
        var options = new OtelOrleansOptions
        {
            Kafka = OptionsReader.Read<KafkaStreamOptions>(configuration, KafkaStreamOptions.Section, problems),
            Postgres = OptionsReader.Read<PostgresOptions>(configuration, PostgresSection, problems),
            Rollups = OptionsReader.Read<RollupOptions>(configuration, RollupOptions.Section, problems),
            Retention = OptionsReader.Read<RetentionOptions>(configuration, RetentionOptions.Section, problems),
            Aggregation = OptionsReader.Read<AggregationOptions>(configuration, AggregationOptions.Section, problems),
            Flow = OptionsReader.Read<FlowOptions>(configuration, FlowOptions.Section, problems),
            Decoding = OptionsReader.Read<DecodingOptions>(configuration, DecodingOptions.Section, problems),
            Cluster = OptionsReader.Read<ClusterOptions>(configuration, ClusterOptions.Section, problems),
            Http = OptionsReader.Read<HttpOptions>(configuration, HttpOptions.Section, problems),
            Log = OptionsReader.Read<LogOptions>(configuration, LogOptions.Section, problems),
        };
        problems.AddRange(KafkaStreamOptionsValidator.Problems(options.Kafka));
        problems.AddRange(PostgresOptions.Validate(options.Postgres));
        problems.AddRange(options.Rollups.Problems());
        problems.AddRange(options.Retention.Problems());
        problems.AddRange(options.Aggregation.Problems());
        problems.AddRange(options.Flow.Problems());
        problems.AddRange(options.Decoding.Problems(options.Flow));
        problems.AddRange(options.Cluster.Problems());
        problems.AddRange(options.Http.Problems());
        problems.AddRange(options.Log.Problems());
        return problems.Count == 0 ? options : throw new OptionsException(problems);
    }

    private const string PostgresSection = "OtelOrleans:Postgres";
}

/// <summary>The configuration cannot be used.</summary>
internal sealed class OptionsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>A line each.</summary>
    public IReadOnlyList<string> Problems => problems;
}
