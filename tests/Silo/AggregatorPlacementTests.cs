using Google.Protobuf;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using Orleans.TestingHost;
using OtelOrleans.Grains.Placement;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>Where aggregators are, as silos come and go under load.</summary>
public sealed class AggregatorPlacementTests(PostgresFixture postgres)
{
    private const int Services = 60;

    [Fact]
    public async Task Aggregators_spread_when_a_silo_joins_and_leave_when_it_stops_and_each_span_is_stored_once()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        var files = Enumerable.Range(0, Services).Select(i => bench.File($"{i:00}-traces.pb", Traces($"service-{i}"))).ToList();
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) => silo.AddOtelOrleans(OtelOrleansOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(bench.Configuration).Build())));
        await using var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        await bench.ProduceAsync(files, repeat: 5);
        await bench.StoredAsync(files, 5);
        AssertSpread(cluster, 2);

        var third = await cluster.StartAdditionalSiloAsync();
        await bench.ProduceAsync(files, repeat: 5);
        await bench.StoredAsync(files, 10);
        await Wait.ForAsync(() => Task.FromResult(Counts(cluster).Sum() == Services && Counts(cluster).All(n => n >= Services / 6)), () => Task.FromResult(string.Join(' ', Counts(cluster))));
        AssertSpread(cluster, 3);

        var producing = bench.ProduceAsync(files, repeat: 5);
        await cluster.StopSiloAsync(third, TestContext.Current.CancellationToken);
        await producing;
        await bench.StoredAsync(files, 15);
        await Wait.ForAsync(() => Task.FromResult(Counts(cluster).Sum() == Services), () => Task.FromResult(string.Join(' ', Counts(cluster))));
        AssertSpread(cluster, 2);
    }

    [Fact]
    public void Silo_that_joins_takes_from_the_others_and_moves_nothing_between_them()
    {
        var silos = Enumerable.Range(1, 4).Select(i => Orleans.Runtime.SiloAddress.New(System.Net.IPAddress.Loopback, 11_000 + i, 1)).ToList();
        var grains = Enumerable.Range(0, 3000).Select(i => Orleans.Runtime.GrainId.Create("aggregator", $"0+service-{i}")).ToList();

        var before = grains.ConvertAll(g => AggregatorPlacement.Owner(g, silos[..3]));
        var after = grains.ConvertAll(g => AggregatorPlacement.Owner(g, silos));

        var moved = before.Zip(after).Where(o => !o.First.Equals(o.Second)).ToList();
        Assert.All(moved, o => Assert.Equal(silos[3], o.Second));
        Assert.InRange(moved.Count, 3000 / 4 * 0.8, 3000 / 4 * 1.2);
    }

    private static void AssertSpread(InProcessTestCluster cluster, int silos)
    {
        var counts = Counts(cluster);
        Assert.Equal(silos, counts.Length);
        Assert.All(counts, n => Assert.InRange(n, Services / silos / 2, Services / silos * 2));
    }

    private static int[] Counts(InProcessTestCluster cluster) => [.. cluster.GetActiveSilos().Select(s => s.ServiceProvider.GetRequiredService<LocalAggregators>().Count)];

    private static byte[] Traces(string service)
    {
        var resource = new Resource { Attributes = { new KeyValue { Key = "service.name", Value = new AnyValue { StringValue = service } } } };
        var span = new Span { TraceId = ByteString.CopyFrom(new byte[15].Append((byte)1).ToArray()), SpanId = ByteString.CopyFrom(new byte[7].Append((byte)1).ToArray()), Name = "work", StartTimeUnixNano = 1, EndTimeUnixNano = 2 };
        return new TracesData { ResourceSpans = { new ResourceSpans { Resource = resource, ScopeSpans = { new ScopeSpans { Spans = { span } } } } } }.ToByteArray();
    }
}
