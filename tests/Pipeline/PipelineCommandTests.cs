using System.Text.Json;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Silo;

namespace OtelOrleans.Tests.Pipeline;

/// <summary>The verbs that look at a running cluster, from a process of their own.</summary>
public sealed class PipelineCommandTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Verbs_show_what_is_buffered_and_store_it()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo(("FLUSH_INTERVAL", "600000"));
        await silo.WaitReadyAsync();
        await bench.ProduceCorpusAsync();
        await PipelineBench.BufferedAsync(silo);

        using (var status = JsonDocument.Parse(await RunAsync(bench, "status", "--json")))
        {
            Assert.Equal(("idle", 12), (status.RootElement.GetProperty("health").GetString(), status.RootElement.GetProperty("partitions").GetArrayLength()));
            Assert.True(status.RootElement.GetProperty("buffers").GetProperty("bufferedRows").GetInt64() > 0);
        }

        Assert.Contains("otlp_spans/3", await RunAsync(bench, "status"), StringComparison.Ordinal);
        Assert.Contains("cart", await RunAsync(bench, "buffers"), StringComparison.Ordinal);
        using (var buffers = JsonDocument.Parse(await RunAsync(bench, "buffers", "--service", "cart", "--json")))
        {
            Assert.True(Assert.Single(buffers.RootElement.EnumerateArray()).GetProperty("bufferedRows").GetInt64() > 0);
        }

        Assert.Contains("of 1 buffers stored", await RunAsync(bench, "flush", "--service", "cart"), StringComparison.Ordinal);
        await RunAsync(bench, "flush");
        await bench.StoredAsync();
    }

    [Fact]
    public async Task Paused_partition_stays_paused_over_a_restart_and_leaves_the_silo_ready()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using (var silo = bench.StartSilo())
        {
            await silo.WaitReadyAsync();
            for (var partition = 0; partition < 4; partition++)
            {
                Assert.Equal($"otlp_spans/{partition} is paused\n", await RunAsync(bench, "pause", "--topic", "otlp_spans", "--partition", $"{partition}"));
            }

            Assert.Equal(0, await silo.TerminateAsync());
        }

        await bench.ProduceCorpusAsync();
        await using var next = bench.StartSilo(("CLUSTER_ID", "next"));
        await next.WaitReadyAsync();
        // The other topics are read to their ends, so this one could have been.
        await Wait.ForAsync(true, async () => await LagsAsync(next) is var lags && lags.Where(l => l.Topic != "otlp_spans").All(l => l.Lag == 0) && lags.Any(l => l.Lag > 0));

        Assert.Equal(0, await bench.ScalarAsync<long>("select count(*) from otel.spans"));
        Assert.Equal(200, (await next.GetAsync("/healthz/ready")).Status);
        Assert.Contains("\"paused\": true", (await next.GetAsync("/health")).Body, StringComparison.Ordinal);
        Assert.Contains("is paused (and 3 more)", (await next.GetAsync("/api/pipeline")).Body, StringComparison.Ordinal);

        for (var partition = 0; partition < 4; partition++)
        {
            await RunAsync(bench, "next", ["resume", "--topic", "otlp_spans", "--partition", $"{partition}"]);
        }

        await bench.StoredAsync();
    }

    [Fact]
    public async Task Verb_says_that_there_is_no_silo_to_ask()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        var variables = SiloProcess.Variables(bench.Postgres, "127.0.0.1:1");
        Assert.Equal(0, (await SiloProcess.RunAsync(["migrate"], variables)).ExitCode);

        var (exitCode, output, errors) = await SiloProcess.RunAsync(["status"], variables);

        Assert.Equal((ExitCodes.Unavailable, ""), (exitCode, output.Trim()));
        Assert.StartsWith("No silo of cluster 'otelorleans' answers", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verb_says_what_there_is_nothing_of()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();
        var variables = SiloProcess.Variables(bench.Postgres, bench.Kafka.BootstrapServers);

        var pause = await SiloProcess.RunAsync(["pause", "--topic", "otlp_spans", "--partition", "99"], variables);
        var buffers = await SiloProcess.RunAsync(["buffers", "--service", "nobody"], variables);

        Assert.Equal((ExitCodes.Failure, "Kafka has no partition otlp_spans/99 that this cluster reads"), (pause.ExitCode, pause.Errors.Trim()));
        Assert.Equal((ExitCodes.Failure, "There is no service 'nobody': nothing of it was ever stored, nothing is buffered"), (buffers.ExitCode, buffers.Errors.Trim()));
    }

    private static Task<string> RunAsync(PipelineBench bench, params string[] arguments) => RunAsync(bench, "otelorleans", arguments);

    private static async Task<string> RunAsync(PipelineBench bench, string cluster, string[] arguments)
    {
        var variables = SiloProcess.Variables(bench.Postgres, bench.Kafka.BootstrapServers);
        variables["CLUSTER_ID"] = cluster;
        var (exitCode, output, errors) = await SiloProcess.RunAsync(arguments, variables);
        Assert.True(exitCode == 0, $"{output}\n{errors}");
        return output.TrimEnd('\n') + "\n";
    }

    private static async Task<IReadOnlyList<(string Topic, long Lag)>> LagsAsync(SiloProcess silo)
    {
        using var partitions = JsonDocument.Parse((await silo.GetAsync("/api/pipeline/partitions")).Body);
        return [.. partitions.RootElement.EnumerateArray().Select(p => (p.GetProperty("topic").GetString()!, p.GetProperty("lagRecords") is { ValueKind: JsonValueKind.Number } lag ? lag.GetInt64() : -1))];
    }
}
