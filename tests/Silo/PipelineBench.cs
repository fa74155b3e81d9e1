using System.Globalization;
using System.Text.Json;
using Confluent.Kafka;
using Npgsql;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>A Kafka with topics, a database, and what was sent so far.</summary>
internal sealed class PipelineBench : IAsyncDisposable
{
    private static readonly string[] Topics = ["otlp_spans", "otlp_logs", "otlp_metrics"];
    private readonly PostgresOptions _options;
    private readonly PostgresDatabase _database;
    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("otelorleans-payloads-");
    private int _sent;

    private PipelineBench(PostgresOptions options)
    {
        _options = options;
        _database = new PostgresDatabase(options);
    }

    public PostgresOptions Postgres => _options;

    public EmbeddedKafka Kafka { get; private set; } = new();

    /// <summary>The servers as a silo's configuration names them.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Configuration => SiloProcess.Variables(_options, Kafka.BootstrapServers)
        .Where(v => OptionVariables.Keys.ContainsKey(v.Key)).Select(v => KeyValuePair.Create(OptionVariables.Keys[v.Key], (string?)v.Value));

    public static async Task<PipelineBench> CreateAsync(PostgresFixture postgres) => Create(await postgres.CreateDatabaseAsync());

    public static PipelineBench Create(PostgresOptions options, params string[] topics) => Create(options, 4, topics);

    public static PipelineBench Create(PostgresOptions options, int partitions, params string[] topics)
    {
        var bench = new PipelineBench(options);
        bench.CreateTopics(topics.Length > 0 ? topics : Topics, partitions);
        return bench;
    }

    /// <summary>Deletes the topics and makes them anew, under the same names.</summary>
    public void MakeTopicsAnew()
    {
        Kafka.Dispose();
        Kafka = new EmbeddedKafka();
        CreateTopics(Topics);
    }

    public SiloProcess StartSilo(params (string Name, string Value)[] variables)
    {
        var all = SiloProcess.Variables(_options, Kafka.BootstrapServers);
        foreach (var (name, value) in variables)
        {
            all[name] = value;
        }

        return SiloProcess.Start(["run"], all);
    }

    public string File(string name, byte[] content)
    {
        var path = Path.Combine(_files.FullName, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Sends every file of the corpus; what is expected to be stored grows by it.</summary>
    public async Task ProduceCorpusAsync(int repeat = 1)
    {
        await ProduceAsync(CorpusFiles.Protobuf, repeat);
        _sent += repeat;
    }

    public async Task ProduceAsync(IReadOnlyList<string> files, int repeat = 1, params string[] headers)
    {
        var (exitCode, output, errors) = await SiloProcess.RunAsync(
            ["produce", .. files, "--repeat", repeat.ToString(CultureInfo.InvariantCulture), .. headers.SelectMany(h => new[] { "--header", h })], new Dictionary<string, string> { ["KAFKA_BROKERS"] = Kafka.BootstrapServers });
        Assert.True(exitCode == 0, errors);
        Assert.Contains($"{files.Count * repeat} records", output, StringComparison.Ordinal);
    }

    /// <summary>Waits until exactly what was sent is stored.</summary>
    public Task StoredAsync(int times = 1) => Wait.ForAsync(StoredCounts.Expected(CorpusFiles.Protobuf, _sent * times), CountAsync);

    /// <summary>Waits until exactly these files, each sent so many times, are stored.</summary>
    public Task StoredAsync(IReadOnlyList<string> files, int times) => Wait.ForAsync(StoredCounts.Expected(files, times), CountAsync);

    public Task SomethingStoredAsync() => Wait.ForAsync(async () => (await CountAsync()).Length > 0, () => Task.FromResult("nothing is stored"));

    /// <summary>Waits until the silo has read everything that Kafka has and holds it in its buffers.</summary>
    public static Task BufferedAsync(SiloProcess silo) => Wait.ForAsync(
        async () => Partitions(await silo.GetAsync("/health")) is { Count: > 0 } partitions && partitions.TrueForAll(p => p.Lag == 0 || p.UndurableBytes > 0) && partitions.Exists(p => p.UndurableBytes > 0),
        async () => (await silo.GetAsync("/health")).Body);

    /// <summary>Each partition is to be read on from its end.</summary>
    public async Task ResumePointsAtEndAsync()
    {
        await using var command = Command("select coalesce(sum(next_offset), 0)::bigint from otel.partition_progress");
        await Wait.ForAsync((long)CorpusFiles.Protobuf.Count * _sent, async () => await command.ExecuteScalarAsync() as long? ?? 0);
    }

    /// <summary>What lag tools see is what Postgres knows.</summary>
    public async Task CommittedOffsetsAtEndAsync()
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = Kafka.BootstrapServers, GroupId = "otelorleans" }).Build();
        var partitions = Topics.SelectMany(t => Enumerable.Range(0, 4).Select(p => new TopicPartition(t, p))).ToList();
        await Wait.ForAsync(
            (long)CorpusFiles.Protobuf.Count * _sent,
            () => Task.FromResult(consumer.Committed(partitions, TimeSpan.FromSeconds(10)).Where(c => !c.Offset.IsSpecial).Sum(c => c.Offset.Value)));
    }

    /// <summary>Sends a record of its own to partition 0, which Kafka then deletes. Returns the gap as <c>topic/partition from-to</c>, <c>to</c> not included.</summary>
    public async Task<string> LoseRecordAsync(string topic)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = Kafka.BootstrapServers }).Build();
        var sent = await producer.ProduceAsync(new TopicPartition(topic, 0), new Message<Null, byte[]> { Value = "lost"u8.ToArray() });
        await producer.ProduceAsync(new TopicPartition(topic, 0), new Message<Null, byte[]> { Value = [] });
        Kafka.DeleteRecords(topic, 0, sent.Offset.Value + 1);
        return $"{topic}/0 {sent.Offset.Value}-{sent.Offset.Value + 1}";
    }

    /// <summary>As if Kafka's log had been cut back: Postgres believes that more of the topic was read than there is.</summary>
    public async Task CutBackAsync(string topic)
    {
        await using var command = Command("""
            insert into otel.partition_progress as p (topic, partition, next_offset) select $1, n, 100 from generate_series(0, 3) n
            on conflict (topic, partition) do update set next_offset = p.next_offset + 100
            """);
        command.Parameters.Add(new() { Value = topic });
        Assert.Equal(4, await command.ExecuteNonQueryAsync());
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Command(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until the resume points of all partitions have passed so many records.</summary>
    public Task ResumePointsAtAsync(long records) => Wait.ForAsync(
        records,
        async () =>
        {
            await using var command = Command("select coalesce(sum(next_offset), 0)::bigint from otel.partition_progress");
            return (long)(await command.ExecuteScalarAsync())!;
        });

    public async Task<IReadOnlyList<string>> GapsAsync()
    {
        var gaps = new List<string>();
        await using var command = Command("select topic, partition, from_offset, to_offset from otel.offset_gaps order by id");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            gaps.Add($"{reader.GetString(0)}/{reader.GetInt32(1)} {reader.GetInt64(2)}-{reader.GetInt64(3)}");
        }

        return gaps;
    }

    public async Task<IReadOnlyList<(string Topic, string Reason, byte[] Payload)>> DeadLettersAsync()
    {
        var letters = new List<(string, string, byte[])>();
        await using var command = Command("select topic, reason, payload from otel.dead_letters order by id");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            letters.Add((reader.GetString(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2)));
        }

        return letters;
    }

    public async ValueTask DisposeAsync()
    {
        Kafka.Dispose();
        await _database.DisposeAsync();
        _files.Delete(recursive: true);
    }

    private void CreateTopics(string[] topics, int partitions = 4)
    {
        foreach (var topic in topics)
        {
            Kafka.CreateTopic(topic, partitions);
        }
    }

    private async Task<string> CountAsync()
    {
        try
        {
            return await StoredCounts.ActualAsync(_database);
        }
        catch (Exception e) when (SqlErrors.Classify(e) is not SqlErrorClass.None)
        {
            // The silo has not made the tables yet, or the server is being restarted.
            return "";
        }
    }

    private NpgsqlCommand Command(string sql) =>
        NpgsqlDataSource.Create($"{PostgresFixture.ConnectionString(_options)};Pooling=false").CreateCommand(sql);

    private static List<(long Lag, long UndurableBytes)> Partitions((int Status, string Body) health) =>
        health.Status == 0 ? [] : [.. JsonDocument.Parse(health.Body).RootElement.GetProperty("partitions").EnumerateArray()
            .Select(p => (p.GetProperty("lag").ValueKind == JsonValueKind.Null ? -1 : p.GetProperty("lag").GetInt64(), p.GetProperty("undurableBytes").GetInt64()))];
}
