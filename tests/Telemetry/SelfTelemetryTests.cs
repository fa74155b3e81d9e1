using System.Globalization;
using System.Text.RegularExpressions;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Silo;

namespace OtelOrleans.Tests.Telemetry;

/// <summary>What a running silo tells of itself.</summary>
public sealed partial class SelfTelemetryTests(PostgresFixture postgres)
{
    private static readonly string[] OfOthers = ["orleans_", "dotnet_gc_", "db_client_", "http_server_"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readme_lists_the_metrics_that_a_silo_exports_and_no_others()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using (var before = bench.StartSilo(("CLUSTER_ID", "before")))
        {
            await before.WaitReadyAsync();
            await bench.ProduceCorpusAsync();
            await bench.StoredAsync();
            Assert.Equal(0, await before.TerminateAsync());
        }

        // A gap, a dead letter, a broker that does not answer: something of everything.
        await bench.LoseRecordAsync("otlp_logs");
        await using var gateway = await OtlpGateway.StartAsync(bench.Kafka.BootstrapServers, new DemoTopics(), Ct);
        await using var silo = bench.StartSilo([.. SendsTo(gateway), ("KAFKA_BROKERS", $"{bench.Kafka.BootstrapServers},127.0.0.1:1"), ("CLUSTER_ID", "after")]);
        await silo.WaitReadyAsync();
        await bench.ProduceAsync([bench.File("poison-traces.pb", "this is no protobuf"u8.ToArray())]);
        await Wait.ForAsync(true, () => bench.ScalarAsync<bool>("select exists (select from otel.dead_letters)"));
        // The next flush finds its connection cut.
        await bench.ScalarAsync<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name = 'otelorleans-writer'");

        await Wait.ForAsync(Documented(), () => bench.ScalarAsync<string>("""
            select coalesce(string_agg(line, E'\n' order by line collate "C"), '') from (
                select metric_name || ' | ' || coalesce(unit, '') || ' | ' || coalesce(string_agg(distinct key, ', ' order by key), '') as line
                from otel.metric_series left join lateral jsonb_object_keys(attributes) as keys(key) on true
                where service_name = 'otelorleans' and metric_name like 'otelorleans.%' group by metric_name, unit) as lines
            """));
        var (_, page) = await silo.GetAsync("/metrics");
        Assert.All(Documented().Split('\n').Select(l => l.Split(' ')[0]), name => Assert.Contains($"\n{name.Replace('.', '_')}", page, StringComparison.Ordinal));
        Assert.All(OfOthers, prefix => Assert.Contains($"\n{prefix}", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lag_of_a_partition_is_told_by_the_silo_that_reads_it_and_by_no_other()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var first = bench.StartSilo();
        await Wait.ForAsync(12, async () => (await PartitionsAsync(first)).Count);

        await using var second = bench.StartSilo();

        await Wait.ForAsync(
            async () => await PartitionsAsync(first) is { Count: 6 } some && await PartitionsAsync(second) is { Count: 6 } others && !some.Intersect(others).Any(),
            async () => $"{string.Join(' ', await PartitionsAsync(first))} and {string.Join(' ', await PartitionsAsync(second))}");
    }

    [Fact]
    public async Task Silo_that_sends_its_telemetry_into_its_own_topics_does_not_feed_on_itself()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var gateway = await OtlpGateway.StartAsync(bench.Kafka.BootstrapServers, new DemoTopics(), Ct);
        await using var silo = bench.StartSilo([.. SendsTo(gateway)]);
        await silo.WaitReadyAsync();

        // Only its own metrics are stored: that makes no spans.
        await ExportsStoredAsync(bench, 10);
        Assert.Equal(0, await OwnSpansAsync(bench));

        // What others send makes some, and their being stored makes no more.
        await bench.ProduceCorpusAsync();
        await Wait.ForAsync(true, async () => await OwnSpansAsync(bench) > 0);
        await ExportsStoredAsync(bench, 10);
        var spans = await OwnSpansAsync(bench);
        await ExportsStoredAsync(bench, 20);
        Assert.Equal(spans, await OwnSpansAsync(bench));
        Assert.Equal("flush", await bench.ScalarAsync<string>("select min(name) from otel.spans where service_name = 'otelorleans'"));
    }

    /// <summary>Until so many more of the silo's own exports are stored.</summary>
    private static async Task ExportsStoredAsync(PipelineBench bench, int more)
    {
        var before = await ExportsAsync(bench);
        await Wait.ForAsync(true, async () => await ExportsAsync(bench) >= before + more);
    }

    private static Task<long> ExportsAsync(PipelineBench bench) => bench.ScalarAsync<long>("""
        select count(*) from otel.metric_number_points join otel.metric_series using (series_id) where service_name = 'otelorleans' and metric_name = 'otelorleans.silo.ready'
        """);

    private static Task<long> OwnSpansAsync(PipelineBench bench) => bench.ScalarAsync<long>("select count(*) from otel.spans where service_name = 'otelorleans'");

    private static (string Name, string Value)[] SendsTo(OtlpGateway gateway) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", gateway.Address.ToString()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "300"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ];

    /// <summary>README's rows of metrics: <c>name | unit | tags</c>, a line each.</summary>
    private static string Documented() => string.Join('\n', File.ReadLines(Path.Combine(Repository.Root, "README.md"))
        .Where(l => l.StartsWith("| `otelorleans.", StringComparison.Ordinal)).Select(l => l.Split('|', StringSplitOptions.TrimEntries))
        .Select(c => $"{c[1].Trim('`')} | {c[2].Trim('`')} | {string.Join(", ", Code().Matches(c[3]).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal))}").Order(StringComparer.Ordinal));

    private static async Task<List<string>> PartitionsAsync(SiloProcess silo) =>
        [.. Lag().Matches((await silo.GetAsync("/metrics")).Body).Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Groups["topic"]}/{m.Groups["partition"]}"))];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("""^otelorleans_partition_lag(?:_records?)?\{.*?partition="(?<partition>\d+)".*?topic="(?<topic>[^"]+)"|^otelorleans_partition_lag(?:_records?)?\{.*?topic="(?<topic>[^"]+)".*?partition="(?<partition>\d+)".*$""", RegexOptions.Multiline)]
    private static partial Regex Lag();
}
