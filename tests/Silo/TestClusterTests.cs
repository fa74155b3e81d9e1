using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>Two silos in one process, on Orleans' test cluster.</summary>
public sealed class TestClusterTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Two_silos_share_the_partitions_and_store_what_real_SDKs_sent_once()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) => silo.AddOtelOrleans(OtelOrleansOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(bench.Configuration).Build())));
        await using var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        var trackers = cluster.Silos.Select(s => s.ServiceProvider.GetRequiredService<PartitionTracker>()).ToList();
        await Wait.ForAsync("6 6", () => Task.FromResult(string.Join(' ', trackers.Select(t => t.Sessions.Count()))));

        // One after the other: the embedded Kafka keeps 5 MiB of a partition, which a large corpus sent five times would exceed.
        for (var i = 0; i < 5; i++)
        {
            await bench.ProduceCorpusAsync();
            await bench.StoredAsync();
        }

        Assert.Empty(await bench.GapsAsync());
        Assert.Empty(trackers[0].Sessions.Select(Name).Intersect(trackers[1].Sessions.Select(Name)));
        var buffer = await cluster.Client.GetGrain<IServiceAggregatorGrain>(0, "cart", null).GetBufferStateAsync();
        Assert.Equal(("cart", 0L, 0L), (buffer.ServiceName, buffer.Shard, buffer.BufferedRows));
        Assert.True(buffer.FlushedRows > 0);
    }

    private static string Name(PartitionSession session) => $"{session.Topic}/{session.Partition}";
}
