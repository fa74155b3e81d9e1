using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.TestingHost;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Pipeline;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Silo;

namespace OtelOrleans.Tests.Bench;

/// <summary>How long a grain client and the page wait for an answer: 2,000 services in 64 partitions on two silos, their ledger of 128,000 rows included.</summary>
internal static class AnswersBench
{
    private const int Services = 2_000;
    private const int Partitions = 64;
    private const int Rounds = 30;

    /// <summary>Prints a line per question.</summary>
    public static async Task RunAsync(TextWriter output)
    {
        await using var server = await PrivatePostgres.CreateTemporaryAsync(null, CancellationToken.None);
        var options = await PostgresFixture.CreateDatabaseAsync(server, "answers");
        await using var bench = PipelineBench.Create(options, Partitions, "otlp_spans");
        var builder = new InProcessTestClusterBuilder(2);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(bench.Configuration)
            .AddInMemoryCollection([new("OtelOrleans:Kafka:LogTopic", ""), new("OtelOrleans:Kafka:MetricTopic", "")]).Build();
        builder.ConfigureSilo((_, silo) => silo.AddOtelOrleans(OtelOrleansOptions.Read(configuration)));
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        var pipeline = cluster.Client.GetGrain<IPipelineGrain>(0);
        await Wait.ForAsync(Partitions, async () => (await pipeline.ListPartitionsAsync()).Count(p => p.ResumePoint is not null));
        await FillLedgerAsync(options);
        await Task.WhenAll(Enumerable.Range(0, Services).Select(i => cluster.Client.GetGrain<IServiceAggregatorGrain>(0, Name(i), null).GetBufferStateAsync().AsTask()));
        var reader = cluster.Silos[0].ServiceProvider.GetRequiredService<PipelineReader>();

        await MeasureAsync(output, "buffers", async () => (await pipeline.ListBuffersAsync()).Length);
        await MeasureAsync(output, "partitions", async () => (await pipeline.ListPartitionsAsync()).Length);
        await MeasureAsync(output, "page", async () => PipelineJsonLength(await reader.ReadAsync(50)));
        await MeasureAsync(output, "flush_all", async () => (await pipeline.FlushAsync()).Buffers);
    }

    private static int PipelineJsonLength((PipelineState State, BufferState[] Buffers) answer) =>
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { state = answer.State, buffers = answer.Buffers }, PipelineJson.Options).Length;

    private static async Task MeasureAsync(TextWriter output, string question, Func<Task<int>> ask)
    {
        var times = new List<double>();
        var size = await ask();
        for (var round = 0; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            size = await ask();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"answers {question}: median_ms={times[Rounds / 2]:F1} max_ms={times[^1]:F1} size={size} services={Services} partitions={Partitions} silos=2"));
    }

    private static string Name(int service) => string.Create(CultureInfo.InvariantCulture, $"service-{service:0000}");

    private static async Task FillLedgerAsync(PostgresOptions options)
    {
        await using var connection = new NpgsqlConnection(PostgresFixture.ConnectionString(options));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            insert into otel.ingest_ledger (service_name, topic, partition, next_offset)
            select 'service-' || to_char(s, 'FM0000'), 'otlp_spans', p, 1 from generate_series(0, {Services - 1}) s, generate_series(0, {Partitions - 1}) p
            """,
            connection);
        await command.ExecuteNonQueryAsync();
    }
}
