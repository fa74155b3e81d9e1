using Microsoft.Playwright;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Tests.Demo;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Silo;

namespace OtelOrleans.Tests.Pipeline;

/// <summary>The pipeline page in a real browser, before two silos under load.</summary>
public sealed class PipelinePageTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_moves_under_load_and_says_within_five_seconds_that_postgres_is_away()
    {
        await using var browser = await Browser.StartAsync();
        await using var server = await Services.PostgresAsync();
        await using var bench = PipelineBench.Create(await PostgresFixture.CreateDatabaseAsync(server, "page"));
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();
        await using var second = bench.StartSilo();
        await second.WaitReadyAsync();
        await bench.ProduceAsync([bench.File("poison-traces.pb", "this is no protobuf"u8.ToArray())]);
        await using var load = SiloProcess.Start(
            ["produce", .. CorpusFiles.Protobuf, "--rate", "40", "--repeat", "100000"], new Dictionary<string, string> { ["KAFKA_BROKERS"] = bench.Kafka.BootstrapServers });
        var page = await browser.OpenAsync(silo.HttpUrl);

        await SaysAsync(page, "flowing", "Data flows");
        foreach (var signal in new[] { "traces", "logs", "metrics" })
        {
            var before = await MovesAsync(page, signal, "0");
            await MovesAsync(page, signal, before);
        }

        await Assertions.Expect(page.Locator("#silos tbody tr")).ToHaveCountAsync(2, new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("#partitions tbody tr")).ToHaveCountAsync(12, new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("#buffers tbody")).ToContainTextAsync("cart", new() { Timeout = 30_000 });
        await Assertions.Expect(page.Locator("#reasons tbody")).ToContainTextAsync("malformed_payload", new() { Timeout = 30_000 });
        await KeepPicturesAsync(browser, silo.HttpUrl, page);

        await server.StopAsync(PostgresShutdown.Fast, Ct);
        await SaysAsync(page, "stopped", "Postgres", milliseconds: 5_000);
        await Browser.KeepAsync(page, "page-postgres-away");

        await server.StartAgainAsync(Ct);
        await SaysAsync(page, "flowing", "Data flows");
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Page_names_kafka_when_all_brokers_are_away()
    {
        await using var browser = await Browser.StartAsync();
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();
        var page = await browser.OpenAsync(silo.HttpUrl);
        await SaysAsync(page, "idle", "nothing new arrives");

        bench.Kafka.TakeDown();
        await SaysAsync(page, "stopped", "Kafka is away");

        bench.Kafka.BringUp();
        await SaysAsync(page, "idle", "nothing new arrives");
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Page_tells_what_a_silo_waits_for_that_has_not_joined_its_cluster()
    {
        await using var browser = await Browser.StartAsync();
        await using var server = await Services.PostgresAsync();
        await using var bench = PipelineBench.Create(await PostgresFixture.CreateDatabaseAsync(server, "page_start"));
        await server.StopAsync(PostgresShutdown.Fast, Ct);
        await using var silo = bench.StartSilo();
        await Wait.ForAsync(async () => (await silo.GetAsync("/healthz/live")).Status == 200, () => Task.FromResult(silo.Errors));

        var page = await browser.OpenAsync(silo.HttpUrl);

        await SaysAsync(page, "stopped", "Postgres is away");
        Assert.Empty(browser.Errors);
    }

    /// <summary>The sentence at the top; <paramref name="milliseconds"/> is how long it may take to be there.</summary>
    private static async Task SaysAsync(IPage page, string health, string words, int milliseconds = 60_000)
    {
        await Assertions.Expect(page.Locator($"#verdict[data-health={health}]")).ToContainTextAsync(words, new() { Timeout = milliseconds });
    }

    /// <summary>Waits until the rate of a signal is another one, and returns it.</summary>
    private static async Task<string> MovesAsync(IPage page, string signal, string from)
    {
        var rate = page.Locator($"[data-signal={signal}] .value");
        await Assertions.Expect(rate).Not.ToHaveTextAsync(from, new() { Timeout = 60_000 });
        return await rate.InnerTextAsync();
    }

    private static async Task KeepPicturesAsync(Browser browser, string url, IPage page)
    {
        if (Browser.KeepsPictures)
        {
            // A whole minute of load looks better than its beginning.
            await Wait.ForAsync(
                true,
                () => page.EvaluateAsync<bool>("() => fetch('/api/pipeline').then(r => r.json()).then(a => a.state.signals.every(s => s.lastMinute.slice(0, 5).some(rows => rows > 0)))"));
        }

        await Browser.KeepAsync(page, "page-light");
        foreach (var (name, scheme, width, height) in new[] { ("page-dark", ColorScheme.Dark, 1180, 640), ("page-phone", ColorScheme.Light, 390, 844) })
        {
            var other = await browser.OpenAsync(url, scheme, width, height);
            await SaysAsync(other, "flowing", "Data flows");
            await Browser.KeepAsync(other, name);
            // On a phone nothing may reach beyond the edge.
            Assert.Equal(width, await other.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            await other.CloseAsync();
        }

        var dashboard = await browser.OpenAsync($"{url}/dashboard/", height: 560, isOurs: false);
        await Assertions.Expect(dashboard.Locator("body")).ToContainTextAsync("ServiceAggregatorGrain", new() { Timeout = 60_000 });
        await Browser.KeepAsync(dashboard, "dashboard");
        await dashboard.CloseAsync();
    }
}
