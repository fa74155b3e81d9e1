using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace OtelOrleans.Silo.Demo;

/// <summary>The Postgres and the Kafka of one run of the demo: started here, or named by the environment.</summary>
internal sealed class DemoServices : IAsyncDisposable
{
    private readonly DemoConsole _console;
    private PrivatePostgres? _postgres;
    private EmbeddedKafka? _kafka;

    private DemoServices(DemoConsole console) => _console = console;

    /// <summary>What the silo is pointed at.</summary>
    public DemoEndpoints Endpoints { get; private set; } = null!;

    /// <summary>A command to look into the database with.</summary>
    public string PsqlCommand { get; private set; } = "";

    /// <summary>Starts what is not running yet.</summary>
    public static async Task<DemoServices> StartAsync(DemoOptions options, DemoConsole console, TextWriter stderr, CancellationToken ct)
    {
        var services = new DemoServices(console);
        try
        {
            var target = options.Postgres is { } given ? services.Use(given) : await services.StartPostgresAsync(options, stderr, ct);
            services.Endpoints = options.KafkaBrokers is { } brokers
                ? new(brokers, await CreateTopicsAsync(brokers, options, stderr), target, KafkaIsEmbedded: false)
                : await services.StartKafkaAsync(options, target);
            return services;
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops what was started here, Kafka first.</summary>
    public async ValueTask DisposeAsync()
    {
        _kafka?.Dispose();
        _kafka = null;
        if (_postgres is { } running)
        {
            _postgres = null;
            await _console.StepAsync("stopping Postgres", async () => await running.DisposeAsync());
        }
    }

    private DemoPostgres Use(DemoPostgres given)
    {
        PsqlCommand = $"psql \"host={given.Host} port={given.Port} user={given.User} dbname={given.Database}\"";
        return given;
    }

    private async Task<DemoPostgres> StartPostgresAsync(DemoOptions options, TextWriter stderr, CancellationToken ct)
    {
        var binaries = await PostgresBinaries.FindAsync(ct) ?? throw new InvalidOperationException(PostgresBinaries.HowToInstall);
        var folder = Path.Combine(options.DataDirectory, "postgres");

        // Told after the step's line is whole.
        await using var told = new StringWriter();
        _postgres = await _console.StepAsync(
            $"starting Postgres {binaries.Major} in {folder}", () => PrivatePostgres.StartAsync(folder, new(), told, ct));
        await stderr.WriteAsync(told.ToString());
        PsqlCommand = _postgres.PsqlCommand;
        return new(PrivatePostgres.Host, _postgres.Port, _postgres.User, _postgres.Password, _postgres.Database);
    }

    /// <remarks>
    /// The embedded Kafka forgets everything and begins at offset 0 again, while Postgres remembers how far each partition was stored. Topics of another name
    /// for each run keep the two from being taken for one; only the first run on new data has the plain names.
    /// </remarks>
    private Task<DemoEndpoints> StartKafkaAsync(DemoOptions options, DemoPostgres target) => _console.StepAsync("starting an embedded Kafka", () =>
    {
        var topics = _postgres is { IsNew: true }
            ? options.Topics
            : options.Topics.WithSuffix(TimeProvider.System.GetUtcNow().ToString("'_'yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture));
        _kafka = new();
        foreach (var topic in topics.All)
        {
            _kafka.CreateTopic(topic, options.Partitions);
        }

        return Task.FromResult(new DemoEndpoints(_kafka.BootstrapServers, topics, target, KafkaIsEmbedded: true));
    });

    private static async Task<DemoTopics> CreateTopicsAsync(string brokers, DemoOptions options, TextWriter stderr)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = brokers }).SetLogHandler((_, _) => { }).Build();
        try
        {
            await admin.CreateTopicsAsync(options.Topics.All.Select(topic => new TopicSpecification { Name = topic, NumPartitions = options.Partitions }));
        }
        catch (CreateTopicsException refused) when (refused.Results.All(result =>
            result.Error.Code is Confluent.Kafka.ErrorCode.NoError or Confluent.Kafka.ErrorCode.TopicAlreadyExists))
        {
            // Fine: they are there.
        }
        catch (KafkaException refused)
        {
            await stderr.WriteLineAsync($"Kafka did not create the topics ({refused.Error.Reason}): it may still do so when they are first used.");
        }

        return options.Topics;
    }
}
