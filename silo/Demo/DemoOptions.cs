using System.Globalization;

namespace OtelOrleans.Silo.Demo;

/// <summary>How the demo runs.</summary>
internal sealed record DemoOptions
{
    /// <summary>Ends by itself as soon as rows of all three signals are in Postgres, and shows some.</summary>
    public bool Once { get; init; }

    /// <summary>Visits a second to the sample shop.</summary>
    public double Rate { get; init; } = 20;

    /// <summary>Where the private Postgres keeps its data between runs.</summary>
    public string DataDirectory { get; init; } = ".data";

    /// <summary>Partitions of each topic of the embedded Kafka.</summary>
    public int Partitions { get; init; } = 4;

    /// <summary>How long <see cref="Once"/> waits for the rows before it gives up.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Standard output is a terminal: the line of counts is renewed in place.</summary>
    public bool Terminal { get; init; }

    /// <summary>A Kafka that runs already; null starts one inside this process.</summary>
    public string? KafkaBrokers { get; init; }

    /// <summary>The topics' names. Those of an embedded Kafka get a suffix when Postgres already holds data (see <see cref="DemoServices"/>).</summary>
    public DemoTopics Topics { get; init; } = new();

    /// <summary>A Postgres that runs already; null starts a private one.</summary>
    public DemoPostgres? Postgres { get; init; }

    /// <summary>Reads what the silo's environment variables say about Kafka and Postgres.</summary>
    /// <param name="once">Whether <c>--once</c> was given.</param>
    /// <param name="variable">Gives a variable's value, null where it is not set.</param>
    /// <exception cref="InvalidOperationException">A value is not a port.</exception>
    public static DemoOptions FromVariables(bool once, Func<string, string?> variable)
    {
        string? Read(string name) => variable(name) is { Length: > 0 } value ? value : null;

        var topics = new DemoTopics();
        var port = Read("POSTGRES_PORT") ?? "5432";
        return new()
        {
            Once = once,
            Terminal = !Console.IsOutputRedirected,
            KafkaBrokers = Read("KAFKA_BROKERS"),
            Topics = new(
                Read("KAFKA_TRACE_TOPIC") ?? topics.Traces,
                Read("KAFKA_LOG_TOPIC") ?? topics.Logs,
                Read("KAFKA_METRIC_TOPIC") ?? topics.Metrics),
            Postgres = Read("POSTGRES_HOST") is not { } host
                ? null
                : new(
                    host,
                    ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                        ? number
                        : throw new InvalidOperationException($"POSTGRES_PORT is not a port: {port}"),
                    Read("POSTGRES_USER") ?? "postgres",
                    Read("POSTGRES_PASSWORD") ?? "postgres",
                    Read("POSTGRES_DB") ?? "telemetry"),
        };
    }
}
