using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>
/// Topics, a database, and silos between them that stand still (SIGSTOP) unless they are measured: so a backlog can come to be, several pipelines can take turns, and none disturbs another.
/// (A silo that stands alone in its cluster is not missed by anybody; two are frozen and woken together, for shorter than their patience.)
/// </summary>
internal sealed class BenchPipeline : IAsyncDisposable
{
    /// <summary>What the embedded Kafka keeps of a partition, and some room for what it adds. Bytes.</summary>
    private const long MostOfPartition = 4_800_000;

    private readonly BenchServers _servers;
    private readonly PostgresOptions _postgres;
    private readonly Dictionary<Signal, BenchSender> _senders = [];
    private readonly List<SiloProcess> _silos = [];

    private BenchPipeline(BenchServers servers, PipelineOptions options, PostgresOptions postgres) => (_servers, Options, _postgres) = (servers, options, postgres);

    public PipelineOptions Options { get; }

    public BenchServers Servers => _servers;

    public IEnumerable<int> SiloIds => _silos.Select(s => s.Id);

    public double SiloCpuSeconds => _silos.Sum(s => ProcessCpu.SecondsOf(s.Id));

    public long ResidentBytes => _silos.Max(s => ProcessCpu.ResidentBytesOf(s.Id));

    /// <summary>Past our own code.</summary>
    public string ConnectionString => $"{PostgresFixture.ConnectionString(_postgres)};Pooling=false;Application Name=bench;Command Timeout=600";

    public static async Task<BenchPipeline> StartAsync(BenchServers servers, PipelineOptions options)
    {
        var pipeline = new BenchPipeline(servers, options, await servers.CreateDatabaseAsync(options.Name));
        try
        {
            await pipeline.StartAsync();
            return pipeline;
        }
        catch
        {
            await pipeline.DisposeAsync();
            throw;
        }
    }

    public string TopicOf(Signal signal) => Topics[signal];

    private Dictionary<Signal, string> Topics { get; } = [];

    /// <summary>Empties the tables, unless rows are to stay, and writes out what was changed, so that each round begins alike.</summary>
    public async Task ClearAsync()
    {
        await ExecuteAsync(Options.KeepsRows ? "checkpoint" : "truncate otel.spans, otel.log_records, otel.service_rollup_deltas");
        await ExecuteAsync("checkpoint");
    }

    /// <summary>Sends the records, all of them before a silo sees one.</summary>
    /// <exception cref="ArgumentException">They are more than the embedded Kafka keeps.</exception>
    public void Send(Signal signal, IReadOnlyList<byte[]> records)
    {
        if (_servers.IsEmbedded && Options.Compression == CompressionType.None && records.Sum(r => (long)r.Length) / Options.Partitions > MostOfPartition)
        {
            throw new ArgumentException($"{records.Sum(r => (long)r.Length) >> 20} MiB are more than the embedded Kafka keeps in {Options.Partitions} partitions: fewer --rows, or more --partitions");
        }

        foreach (var record in records)
        {
            _senders[signal].Send(record);
        }

        _senders[signal].Flush();
    }

    /// <summary>Sends one record now.</summary>
    public void Send(Signal signal, byte[] record) => _senders[signal].Send(record);

    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        foreach (var sender in _senders.Values)
        {
            sender.Dispose();
        }
    }

    private async Task StartAsync()
    {
        foreach (var signal in Enum.GetValues<Signal>())
        {
            var partitions = signal == GrainInterfaces.Signal.Metrics ? 1 : Options.Partitions;
            Topics[signal] = await _servers.CreateTopicAsync($"{Options.Name}-{signal.ToString().ToLowerInvariant()}", partitions);
            _senders[signal] = new BenchSender(_servers.Brokers, Topics[signal], partitions, Options.Compression);
        }

        await using (var database = new PostgresDatabase(_postgres))
        {
            await new SchemaMigrator(database, NullLogger<SchemaMigrator>.Instance).MigrateAsync(CancellationToken.None);
        }

        if (Options.Sql is not null)
        {
            await ExecuteAsync(Options.Sql);
        }

        foreach (var processor in Options.Silos)
        {
            var silo = SiloProcess.Start(["run"], Variables(processor));
            _silos.Add(silo);
            await silo.WaitReadyAsync();
            if (processor is not null)
            {
                await RunAsync("taskset", "-a", "-c", "-p", processor.Value.ToString(CultureInfo.InvariantCulture), silo.Id.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private Dictionary<string, string> Variables(int? processor)
    {
        var variables = SiloProcess.Variables(_postgres, _servers.Brokers);
        // What tests are impatient with.
        variables.Remove("FLUSH_INTERVAL");
        variables.Remove("OTELORLEANS__Kafka__MetadataInterval");
        variables["KAFKA_TRACE_TOPIC"] = Topics[GrainInterfaces.Signal.Traces];
        variables["KAFKA_LOG_TOPIC"] = Topics[GrainInterfaces.Signal.Logs];
        variables["KAFKA_METRIC_TOPIC"] = Topics[GrainInterfaces.Signal.Metrics];
        if (processor is not null)
        {
            variables["DOTNET_PROCESSOR_COUNT"] = "1";
        }

        foreach (var (name, value) in Options.Variables)
        {
            variables[name] = value;
        }

        return variables;
    }

    private void Signal(string signal)
    {
        foreach (var silo in _silos)
        {
            using var kill = Process.Start("kill", [$"-{signal}", silo.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }
    }
}
