using OtelOrleans.Silo.Demo;
using OtelOrleans.Tests.Demo;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>The silo binary between a Kafka and a Postgres: what goes in comes out, once.</summary>
public sealed class PipelineTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Payloads_of_real_SDKs_sent_with_produce_arrive_whole()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();

        await bench.ProduceCorpusAsync();

        await bench.StoredAsync();
        Assert.Equal(0, await silo.TerminateAsync());
        Assert.Empty(await bench.DeadLettersAsync());
    }

    [Fact]
    public async Task Silo_ended_by_SIGTERM_leaves_nothing_to_replay()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo(("FLUSH_INTERVAL", "600000"));
        await silo.WaitReadyAsync();
        await bench.ProduceCorpusAsync(repeat: 3);
        await PipelineBench.BufferedAsync(silo);

        Assert.Equal(0, await silo.TerminateAsync());

        await bench.StoredAsync();
        await bench.ResumePointsAtEndAsync();
        await bench.CommittedOffsetsAtEndAsync();
    }

    [Fact]
    public async Task Killed_silo_and_its_successor_store_each_record_once()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        for (var kill = 0; kill < 3; kill++)
        {
            // A new cluster each time: the dead one's membership is another test's matter.
            await using var silo = bench.StartSilo(("CLUSTER_ID", $"k{kill}"), ("BATCH_SIZE", "300"));
            await silo.WaitReadyAsync();
            await bench.ProduceCorpusAsync(repeat: 3);
            await bench.SomethingStoredAsync();
            await silo.KillAsync();
        }

        await using var last = bench.StartSilo(("CLUSTER_ID", "last"));
        await bench.StoredAsync();
    }

    [Fact]
    public async Task Payload_that_is_not_OTLP_becomes_a_dead_letter_and_holds_up_nothing()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();
        var poison = bench.File("poison-traces.pb", "this is no protobuf"u8.ToArray());

        await bench.ProduceAsync([poison]);
        await bench.ProduceCorpusAsync();

        await bench.StoredAsync();
        var letter = Assert.Single(await bench.DeadLettersAsync());
        Assert.Equal(("otlp_spans", "malformed_payload", "this is no protobuf"), (letter.Topic, letter.Reason, System.Text.Encoding.UTF8.GetString(letter.Payload)));
    }

    [Fact]
    public async Task Silo_waits_for_servers_that_are_away_when_it_starts()
    {
        await using var server = await Services.PostgresAsync();
        await using var bench = PipelineBench.Create(await PostgresFixture.CreateDatabaseAsync(server, "away"));
        await server.StopAsync(PostgresShutdown.Fast, Ct);
        bench.Kafka.TakeDown();
        await using var silo = bench.StartSilo();
        await Wait.ForAsync(async () => (await silo.GetAsync("/healthz/live")).Status == 200, () => Task.FromResult(silo.Errors));
        await Wait.ForAsync(
            async () => await silo.GetAsync("/healthz/ready") is (503, var body) && body.Contains("Postgres cannot be reached", StringComparison.Ordinal),
            () => Task.FromResult(silo.Errors));

        await server.StartAgainAsync(Ct);
        bench.Kafka.BringUp();

        await silo.WaitReadyAsync();
        await bench.ProduceCorpusAsync();
        await bench.StoredAsync();
    }

    [Fact]
    public async Task Silo_ended_by_SIGTERM_while_it_waits_for_postgres_has_not_failed()
    {
        await using var server = await Services.PostgresAsync();
        await using var bench = PipelineBench.Create(await PostgresFixture.CreateDatabaseAsync(server, "ended_early"));
        await server.StopAsync(PostgresShutdown.Fast, Ct);
        await using var silo = bench.StartSilo();
        await Wait.ForAsync(async () => (await silo.GetAsync("/healthz/live")).Status == 200, () => Task.FromResult(silo.Errors));

        Assert.Equal(0, await silo.TerminateAsync());
    }

    [Fact]
    public async Task Silo_is_ready_only_once_it_is_a_member_of_its_cluster()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();

        while ((await silo.GetAsync("/healthz/ready")).Status != 200)
        {
            Assert.False(silo.HasExited, silo.Errors);
            await Task.Delay(2, Ct);
        }

        Assert.Equal("active", await bench.ScalarAsync<string>("select case Status when 3 then 'active' else 'status ' || Status end from orleans.OrleansMembershipTable"));
    }

    [Fact]
    public async Task Silo_ended_by_SIGTERM_at_any_moment_of_its_start_has_not_failed()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        for (var milliseconds = 0; milliseconds < 1000; milliseconds += 200)
        {
            await using var silo = bench.StartSilo();
            await Wait.ForAsync(async () => (await silo.GetAsync("/healthz/live")).Status == 200, () => Task.FromResult(silo.Errors));
            await Task.Delay(milliseconds, Ct);

            Assert.True(await silo.TerminateAsync() == 0, $"{milliseconds} ms after it answered:\n{silo.Errors}");
        }
    }

    [Fact]
    public async Task Postgres_that_restarts_under_load_costs_nothing()
    {
        await using var server = await Services.PostgresAsync();
        await using var bench = PipelineBench.Create(await PostgresFixture.CreateDatabaseAsync(server, "restarted"));
        await using var silo = bench.StartSilo(("BATCH_SIZE", "300"));
        await silo.WaitReadyAsync();
        for (var restart = 0; restart < 3; restart++)
        {
            await bench.ProduceCorpusAsync(repeat: 3);
            await server.RestartAsync(PostgresShutdown.Immediate, Ct);
        }

        await bench.StoredAsync();
        Assert.False(silo.HasExited);
    }

    [Fact]
    public async Task Records_that_kafka_deleted_before_they_were_read_are_noted_as_a_gap()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await StoreCorpusAsync(bench);

        var lost = await bench.LoseRecordAsync("otlp_logs");
        await using var silo = bench.StartSilo(("CLUSTER_ID", "after"));
        await silo.WaitReadyAsync();
        await bench.ProduceCorpusAsync();

        await bench.StoredAsync();
        Assert.Equal([lost], await bench.GapsAsync());
    }

    [Fact]
    public async Task Partition_whose_offsets_started_over_for_a_reason_nobody_can_tell_stands()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await StoreCorpusAsync(bench);

        // The embedded Kafka has no topic ids.
        await bench.CutBackAsync("otlp_logs");
        await using var silo = bench.StartSilo(("CLUSTER_ID", "after"));

        await Wait.ForAsync(
            () => Task.FromResult(Enumerable.Range(0, 4).All(p => silo.Errors.Contains($"Offsets of otlp_logs/{p} have started over", StringComparison.Ordinal))),
            () => Task.FromResult(silo.Errors));
        Assert.Equal(503, (await silo.GetAsync("/healthz/ready")).Status);
        Assert.Contains("otlp_logs/0: Kafka does not have the offset", (await silo.GetAsync("/health")).Body, StringComparison.Ordinal);
    }

    private static async Task StoreCorpusAsync(PipelineBench bench)
    {
        await using var before = bench.StartSilo(("CLUSTER_ID", "before"));
        await before.WaitReadyAsync();
        await bench.ProduceCorpusAsync();
        await bench.StoredAsync();
        Assert.Equal(0, await before.TerminateAsync());
    }

    [Fact]
    public async Task Silo_whose_kafka_goes_away_is_not_ready_until_it_is_back()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();

        bench.Kafka.TakeDown();
        await Wait.ForAsync(
            async () => await silo.GetAsync("/healthz/ready") is (503, var body) && body.Contains("no answer from Kafka", StringComparison.Ordinal),
            async () => (await silo.GetAsync("/health")).Body);
        Assert.Equal(200, (await silo.GetAsync("/healthz/live")).Status);
        bench.Kafka.BringUp();

        await silo.WaitReadyAsync();
        await bench.ProduceCorpusAsync();
        await bench.StoredAsync();
    }

    [Fact]
    public async Task One_silo_folds_rollups_while_it_runs()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();
        await bench.ProduceCorpusAsync();
        await bench.StoredAsync();

        // The corpus is of another day: its minutes are over.
        await Wait.ForAsync("0 left, folded", () => bench.ScalarAsync<string>("""
            select (select count(*) from otel.service_rollup_deltas) || ' left' || case when exists (select from otel.service_rollups) then ', folded' else '' end
            """));
        Assert.Equal(await bench.ScalarAsync<long>("select count(*) from otel.spans"), await bench.ScalarAsync<long>("select sum(calls)::bigint from otel.service_rollups"));
    }

    [Fact]
    public async Task Topic_that_appears_later_is_taken_up()
    {
        await using var bench = PipelineBench.Create(await postgres.CreateDatabaseAsync(), topics: ["otlp_spans", "otlp_logs"]);
        await using var silo = bench.StartSilo();
        await Wait.ForAsync(
            async () => await silo.GetAsync("/healthz/ready") is (503, var body) && body.Contains("topic otlp_metrics does not exist", StringComparison.Ordinal),
            () => Task.FromResult(silo.Errors));

        bench.Kafka.CreateTopic("otlp_metrics", 2);

        await bench.ProduceCorpusAsync();
        await bench.StoredAsync();
        await silo.WaitReadyAsync();
    }
}
