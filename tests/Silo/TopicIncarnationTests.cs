using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Kafka;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>Topics that are deleted and made anew. The embedded Kafka has no topic ids, so the test tells them.</summary>
public sealed class TopicIncarnationTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Topics_made_anew_while_no_silo_ran_are_read_from_their_beginning()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using (await StartAsync(bench, new TopicIds { Id = "first" }))
        {
            await bench.ProduceCorpusAsync();
            await bench.StoredAsync();
            await bench.ResumePointsAtEndAsync();
        }

        bench.MakeTopicsAnew();
        await bench.ProduceCorpusAsync();
        await using var after = await StartAsync(bench, new TopicIds { Id = "second" });

        await bench.StoredAsync();
        Assert.Equal(12, (await bench.GapsAsync()).Count);
    }

    [Fact]
    public async Task Topic_that_has_another_id_while_it_is_read_is_read_from_its_beginning()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        var ids = new TopicIds { Id = "first" };
        await using var cluster = await StartAsync(bench, ids);
        await bench.ProduceCorpusAsync();
        await bench.StoredAsync();

        ids.Id = "second";

        // The new topics happen to hold the same records: they are others all the same.
        await bench.StoredAsync(times: 2);
    }

    [Fact]
    public async Task Log_that_was_cut_back_is_read_on_from_its_end()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using (await StartAsync(bench, new TopicIds { Id = "first" }))
        {
            await bench.ProduceCorpusAsync();
            await bench.StoredAsync();
            await bench.ResumePointsAtEndAsync();
        }

        await bench.CutBackAsync("otlp_logs");
        await using var after = await StartAsync(bench, new TopicIds { Id = "first" });
        await Wait.ForAsync(4, async () => (await bench.GapsAsync()).Count);
        await bench.ProduceCorpusAsync();

        await bench.StoredAsync();
        Assert.All(await bench.GapsAsync(), gap => Assert.StartsWith("otlp_logs/", gap, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Partition_whose_topic_was_made_anew_stands_where_gaps_shall_stop_it()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using (await StartAsync(bench, new TopicIds { Id = "first" }))
        {
            await bench.ProduceCorpusAsync();
            await bench.StoredAsync();
        }

        bench.MakeTopicsAnew();
        await using var after = await StartAsync(bench, new TopicIds { Id = "second" }, GapPolicy.Fail);

        await Wait.ForAsync(12, async () => (await bench.GapsAsync()).Count);
        await bench.StoredAsync();
    }

    private static async Task<InProcessTestCluster> StartAsync(PipelineBench bench, TopicIds ids, GapPolicy onGap = GapPolicy.Earliest)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<KafkaTopicIds>(ids);
            var options = OtelOrleansOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(bench.Configuration).Build());
            options.Kafka.OnGap = onGap;
            options.Kafka.MetadataInterval = TimeSpan.FromSeconds(1);
            silo.AddOtelOrleans(options);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        return cluster;
    }

    private sealed class TopicIds : KafkaTopicIds
    {
        public required string Id { get; set; }

        protected override Task<IEnumerable<(string Name, string Id)>> AskAsync(IAdminClient client, IReadOnlyCollection<string> topics) =>
            Task.FromResult(topics.Select(t => (t, Id)));
    }
}
