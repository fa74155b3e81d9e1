using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Pipeline;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Silo;

namespace OtelOrleans.Tests.Pipeline;

/// <summary>What a grain client can ask of a cluster of two silos, and have done.</summary>
public sealed class PipelineGrainTests(PostgresFixture postgres) : IAsyncLifetime
{
    private PipelineBench _bench = null!;
    private InProcessTestCluster _cluster = null!;

    private IPipelineGrain Pipeline => _cluster.Client.GetGrain<IPipelineGrain>(0);

    public async ValueTask InitializeAsync()
    {
        _bench = await PipelineBench.CreateAsync(postgres);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(_bench.Configuration).AddInMemoryCollection([new("OtelOrleans:Aggregation:FlushInterval", "600000")]).Build();
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) => silo.AddOtelOrleans(OtelOrleansOptions.Read(configuration)));
        _cluster = builder.Build();
        await _cluster.DeployAsync(TestContext.Current.CancellationToken);
        await Wait.ForAsync(12, async () => (await Pipeline.ListPartitionsAsync()).Count(p => p.ResumePoint is not null && p.HighWatermark is not null));
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _bench.DisposeAsync();
    }

    [Fact]
    public async Task Partitions_of_both_silos_are_listed_with_their_owner()
    {
        var partitions = await Pipeline.ListPartitionsAsync();

        Assert.Equal(partitions.OrderBy(p => p.Topic, StringComparer.Ordinal).ThenBy(p => p.Partition), partitions);
        Assert.Equal([6, 6], partitions.GroupBy(p => p.Silo).Select(g => g.Count()));
        Assert.All(partitions, p => Assert.Equal((0, 0, false, null), (p.LagRecords, p.LagSeconds, p.IsPaused, p.Problem)));
    }

    [Fact]
    public async Task Rows_that_wait_are_seen_and_stored_when_a_flush_is_asked_for()
    {
        await _bench.ProduceCorpusAsync();
        await Wait.ForAsync(true, async () =>
        {
            var partitions = await Pipeline.ListPartitionsAsync();
            return partitions.All(p => p.LagRecords == 0 || p.UndurableBytes > 0) && partitions.Any(p => p is { LagRecords: > 0, LagSeconds: > 0 }) && (await Pipeline.GetStateAsync()).Buffers.BufferedRows > 0;
        });

        var buffers = await Pipeline.ListBuffersAsync();
        Assert.All(buffers, b => Assert.True(b is { BufferedRows: > 0, BufferedBytes: > 0, OldestBuffered: not null, LastFlush: null, LastError: null }, b.ToString()));
        Assert.Equal("cart", Assert.Single(await Pipeline.ListBuffersAsync("cart")).ServiceName);

        var one = await Pipeline.FlushAsync("cart");
        Assert.Equal((1, 0L), (one.Buffers, one.BufferedRows));
        Assert.Empty(one.Errors);
        await Wait.ForAsync(0L, async () => (await Pipeline.FlushAsync()).BufferedRows);
        await _bench.StoredAsync();
        Assert.All(await Pipeline.ListBuffersAsync(), b => Assert.True(b is { BufferedRows: 0, FlushedRows: > 0, LastFlush: not null }, b.ToString()));
    }

    [Fact]
    public async Task Asking_takes_one_call_to_each_other_silo_however_many_services_there_are()
    {
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => _cluster.Client.GetGrain<IServiceAggregatorGrain>(0, $"service-{i}", null).GetBufferStateAsync().AsTask()));
        var readers = _cluster.Silos.Select(s => s.ServiceProvider.GetRequiredService<PipelineReader>()).ToList();
        var before = readers.Sum(r => r.Calls);

        Assert.Equal(500, (await Pipeline.ListBuffersAsync()).Length);
        Assert.Equal(500, (await Pipeline.GetStateAsync()).Buffers.Buffers);
        var (_, top) = await readers[0].ReadAsync(50);

        Assert.Equal(50, top.Length);
        Assert.Equal(3, readers.Sum(r => r.Calls) - before);
    }

    [Fact]
    public async Task Services_that_are_not_active_are_told_from_the_ledger()
    {
        await _bench.ScalarAsync<long>("with s as (insert into otel.ingest_ledger (service_name, topic, partition, next_offset) values ('asleep', 'otlp_spans', 0, 1) returning 1) select count(*) from s");

        var asleep = Assert.Single(await Pipeline.ListBuffersAsync("asleep"));

        Assert.Equal(("", 0L), (asleep.Silo, asleep.BufferedRows));
        Assert.NotNull(asleep.LastFlush);
    }

    [Fact]
    public async Task Paused_partition_stands_on_whichever_silo_it_is_until_it_is_resumed()
    {
        Assert.Equal(PauseOutcome.NoSuchPartition, await Pipeline.PauseAsync("otlp_spans", 99));
        for (var partition = 0; partition < 4; partition++)
        {
            Assert.Equal(PauseOutcome.Done, await Pipeline.PauseAsync("otlp_spans", partition));
        }

        Assert.Equal(PauseOutcome.Unchanged, await Pipeline.PauseAsync("otlp_spans", 0));

        await _bench.ProduceCorpusAsync();
        await Wait.ForAsync(true, async () => (await Pipeline.ListPartitionsAsync()).Where(p => p.Topic != "otlp_spans").All(p => p.LagRecords == 0 || p.UndurableBytes > 0));

        var spans = (await Pipeline.ListPartitionsAsync()).Where(p => p.Topic == "otlp_spans").ToList();
        Assert.All(spans, p => Assert.Equal((true, 0L, null), (p.IsPaused, p.UndurableBytes, p.Problem)));
        await Wait.ForAsync(true, async () => (await Pipeline.ListPartitionsAsync()).Any(p => p is { Topic: "otlp_spans", LagRecords: > 0 }));

        for (var partition = 0; partition < 4; partition++)
        {
            Assert.Equal(PauseOutcome.Done, await Pipeline.ResumeAsync("otlp_spans", partition));
        }

        Assert.Equal(PauseOutcome.Unchanged, await Pipeline.ResumeAsync("otlp_spans", 0));
        Assert.Equal(PauseOutcome.NoSuchPartition, await Pipeline.ResumeAsync("otlp_spans", 99));
        await Wait.ForAsync(true, async () => (await Pipeline.FlushAsync()).BufferedRows == 0 && (await Pipeline.ListPartitionsAsync()).All(p => p.LagRecords == 0));
        await _bench.StoredAsync();
    }
}
