using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Torture;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>A private Postgres, and Kafka: embedded, in a process of its own, or that of <c>KAFKA_BROKERS</c>, with topics of the bench's own.</summary>
internal sealed class BenchServers : IAsyncDisposable
{
    /// <summary>
    /// As a server that is meant to keep its data: fsync and full pages. The times of commits are kept, because they say when rows came to be seen. No checkpoint but those asked
    /// for: which round it falls into would be chance.
    /// </summary>
    private static readonly string[] Settings = ["fsync=on", "full_page_writes=on", "track_commit_timestamp=on", "shared_buffers=512MB", "max_wal_size=16GB", "checkpoint_timeout=1h"];

    private readonly KafkaProcess? _kafka;
    private readonly List<string> _topics = [];
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];

    private BenchServers(PrivatePostgres postgres, KafkaProcess? kafka, string brokers) => (Postgres, _kafka, Brokers) = (postgres, kafka, brokers);

    public PrivatePostgres Postgres { get; }

    public string Brokers { get; }

    /// <summary>Kafka keeps 5 MiB of a partition, and what is older is gone.</summary>
    public bool IsEmbedded => _kafka is not null;

    /// <summary>CPU seconds of the embedded Kafka and of this process, which sends; of somebody else's Kafka nothing is known.</summary>
    public double KafkaCpuSeconds => (_kafka is null ? 0 : ProcessCpu.SecondsOf(_kafka.Id)) + Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;

    public static async Task<BenchServers> StartAsync()
    {
        var external = Environment.GetEnvironmentVariable("KAFKA_BROKERS");
        var postgres = await PrivatePostgres.CreateTemporaryAsync(new() { Settings = Settings }, CancellationToken.None);
        var kafka = string.IsNullOrEmpty(external) ? await KafkaProcess.StartAsync(1) : null;
        return new BenchServers(postgres, kafka, kafka?.BootstrapServers ?? external!);
    }

    public Task<PostgresOptions> CreateDatabaseAsync(string name) => PostgresFixture.CreateDatabaseAsync(Postgres, name);

    /// <summary>A topic whose name no other run has.</summary>
    public async Task<string> CreateTopicAsync(string name, int partitions)
    {
        var topic = $"bench-{_run}-{name}";
        _topics.Add(topic);
        if (_kafka is not null)
        {
            await _kafka.TellAsync("topic", topic, partitions);
        }
        else
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Brokers }).Build();
            await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = -1 }]);
        }

        return topic;
    }

    public async ValueTask DisposeAsync()
    {
        if (_kafka is not null)
        {
            await _kafka.DisposeAsync();
        }
        else
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Brokers }).Build();
            await admin.DeleteTopicsAsync(_topics);
        }

        await Postgres.DisposeAsync();
    }
}
