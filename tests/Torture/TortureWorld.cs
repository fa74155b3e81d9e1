using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Npgsql;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Torture;

/// <summary>The servers of a run and its silos: Kafka in a process of its own, a private Postgres with a proxy before it. With <c>KAFKA_BROKERS</c> set, Kafka is that one, and is not broken.</summary>
internal sealed class TortureWorld : IAsyncDisposable
{
    private const int Brokers = 3;
    private readonly TortureLog _log;

    private TortureWorld(TortureOptions options, TortureLog log, PrivatePostgres postgres, KafkaProcess? kafka, string brokers)
    {
        (Options, _log, Postgres, Kafka, KafkaAddresses) = (options, log, postgres, kafka, brokers);
        Proxy = new PostgresProxy(postgres.Port);
        var run = Guid.NewGuid().ToString("N")[..8];
        Topics = Enum.GetValues<Signal>().ToDictionary(s => s, s => $"torture-{run}-{s.ToString().ToLowerInvariant()}");
        Partitions = [.. Topics.Values.SelectMany(t => Enumerable.Range(0, options.Partitions).Select(p => (t, p)))];
        var variables = Variables();
        Silos = [.. Enumerable.Range(1, options.Silos).Select(i => new SiloSlot($"silo-{i}", variables, log))];
        Visitor = new SiloSlot("visitor", variables, log);
    }

    public TortureOptions Options { get; }

    public PrivatePostgres Postgres { get; }

    public PostgresProxy Proxy { get; }

    /// <summary>Null if somebody else's Kafka is used.</summary>
    public KafkaProcess? Kafka { get; }

    public string KafkaAddresses { get; }

    public IReadOnlyDictionary<Signal, string> Topics { get; }

    public IReadOnlyList<(string Topic, int Partition)> Partitions { get; }

    public IReadOnlyList<SiloSlot> Silos { get; }

    /// <summary>A silo that comes and goes.</summary>
    public SiloSlot Visitor { get; }

    /// <summary>Past the proxy, to look.</summary>
    public string ConnectionString => $"{Postgres.ConnectionString};Pooling=false;Timeout=3;Command Timeout=600";

    public static async Task<TortureWorld> StartAsync(TortureOptions options, TortureLog log)
    {
        var external = Environment.GetEnvironmentVariable("KAFKA_BROKERS");
        var kafka = string.IsNullOrEmpty(external) ? await KafkaProcess.StartAsync(Brokers) : null;
        var postgres = await PrivatePostgres.CreateTemporaryAsync(null, CancellationToken.None);
        var world = new TortureWorld(options, log, postgres, kafka, kafka?.BootstrapServers ?? external!);
        try
        {
            await world.PrepareAsync();
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>The environment of a silo, and of a verb that looks at the same servers.</summary>
    public IReadOnlyDictionary<string, string> Variables()
    {
        var postgres = new PostgresOptions { Host = PrivatePostgres.Host, Port = Proxy.Port, User = Postgres.User, Password = Postgres.Password, Database = Postgres.Database };
        var variables = SiloProcess.Variables(postgres, KafkaAddresses);
        variables["KAFKA_TRACE_TOPIC"] = Topics[Signal.Traces];
        variables["KAFKA_LOG_TOPIC"] = Topics[Signal.Logs];
        variables["KAFKA_METRIC_TOPIC"] = Topics[Signal.Metrics];
        foreach (var (name, value) in Options.Variables)
        {
            variables[name] = value;
        }

        return variables;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos.Append(Visitor))
        {
            await silo.DisposeAsync();
        }

        Proxy.Dispose();
        if (Kafka is not null)
        {
            await Kafka.DisposeAsync();
        }
        else
        {
            await DeleteTopicsAsync();
        }

        await Postgres.DisposeAsync();
    }

    private async Task PrepareAsync()
    {
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["migrate"], Variables());
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"migrate ended with {exitCode}: {errors}");
        }

        await using (var connection = new NpgsqlConnection(ConnectionString))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(NumberedPayloads.RefuseThem, connection);
            await command.ExecuteNonQueryAsync();
        }

        if (Kafka is null)
        {
            await CreateTopicsAsync();
            return;
        }

        foreach (var topic in Topics.Values)
        {
            await Kafka.TellAsync("topic", topic, Options.Partitions);
        }
    }

    private async Task CreateTopicsAsync()
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = KafkaAddresses }).Build();
        await admin.CreateTopicsAsync(Topics.Values.Select(t => new TopicSpecification { Name = t, NumPartitions = Options.Partitions, ReplicationFactor = -1 }));
    }

    private async Task DeleteTopicsAsync()
    {
        try
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = KafkaAddresses }).Build();
            await admin.DeleteTopicsAsync(Topics.Values);
        }
        catch (KafkaException e)
        {
            _log.Write($"topics were not deleted: {e.Message}");
        }
    }
}
