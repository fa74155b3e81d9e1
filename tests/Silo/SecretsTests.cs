using System.Net.Http.Headers;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Tests.Demo;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>What nobody may read in what a silo says.</summary>
public sealed class SecretsTests
{
    private const string Token = "hunter2-token-0123456789";
    private const string HttpPassword = "hunter2-of-a-browser";
    private const string SaslPassword = "hunter2-of-kafka";
    private const string KeyPassword = "hunter2-of-a-key";

    private static readonly string[] Pages =
    [
        "/health", "/healthz/ready", "/metrics", "/dashboard/", "/dashboard/DashboardCounters", "/dashboard/ClusterStats", "/dashboard/HistoricalStats/x", "/dashboard/GrainTypes", "/dashboard/version",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Secrets_are_in_no_log_and_on_no_page_whatever_the_level_and_whatever_goes_wrong()
    {
        await using var server = await Services.PostgresAsync();
        var options = await PostgresFixture.CreateDatabaseAsync(server, "secrets");
        await using var bench = PipelineBench.Create(options);
        await using var silo = bench.StartSilo(
            ("LOG_LEVEL", "trace"),
            ("HTTP_TOKEN", Token), ("HTTP_USER", "ops"), ("HTTP_PASSWORD", HttpPassword),
            ("OTELORLEANS__Kafka__Properties__sasl.username", "telemetry"), ("OTELORLEANS__Kafka__Properties__sasl.password", SaslPassword),
            ("OTELORLEANS__Kafka__Properties__ssl.key.password", KeyPassword), ("OTELORLEANS__Kafka__Properties__debug", "all"));
        await silo.WaitReadyAsync();
        await bench.ProduceCorpusAsync();
        await bench.StoredAsync();
        var said = await SaidAsync(silo);

        await server.StopAsync(PostgresShutdown.Immediate, Ct);
        await bench.ProduceCorpusAsync();
        await Wait.ForAsync(async () => (await silo.GetAsync("/healthz/ready")).Body.Contains("cannot be written", StringComparison.Ordinal), async () => (await silo.GetAsync("/health")).Body);
        said += await SaidAsync(silo);
        await server.StartAgainAsync(Ct);
        await bench.StoredAsync();
        await silo.TerminateAsync();

        said += silo.Output + silo.Errors;
        Assert.Contains("otelorleans_copy_rows", said, StringComparison.Ordinal);
        Assert.Contains("\"LogLevel\":\"Trace\"", said, StringComparison.Ordinal);
        Assert.All(new[] { options.Password, Token, HttpPassword, SaslPassword, KeyPassword }, secret => Assert.DoesNotContain(secret, said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("OTELORLEANS__Postgres__ConnectionString", "Host=127.0.0.1;Port=1;Password=hunter2")]
    [InlineData("OTELORLEANS__Postgres__ConnectionString", "Host=127.0.0.1;Port=1;Pasword=hunter2")]
    [InlineData("OTELORLEANS__Postgres__ConnectionString", "hunter2")]
    [InlineData("OTELORLEANS__Postgres__Passwort", "hunter2")]
    [InlineData("OTELORLEANS__Postgres__Password__x", "hunter2")]
    [InlineData("OTELORLEANS__Http__Tokens", "hunter2")]
    [InlineData("OTELORLEANS__Kafka__Properties__sasl.pasword", "hunter2")]
    [InlineData("OTELORLEANS__Kafka__Properties__ssl.key.pem", "hunter2")]
    public async Task Secrets_that_are_given_wrongly_are_not_repeated(string variable, string value)
    {
        var variables = new Dictionary<string, string>
        {
            ["POSTGRES_HOST"] = "127.0.0.1",
            ["POSTGRES_PORT"] = "1",
            ["OTELORLEANS__Kafka__Properties__security.protocol"] = "SSL",
            [variable] = value,
        };

        var (exitCode, output, errors) = await SiloProcess.RunAsync(["migrate"], variables);

        Assert.NotEqual(0, exitCode);
        Assert.NotEmpty(errors);
        Assert.DoesNotContain("hunter2", output + errors, StringComparison.Ordinal);
    }

    private static async Task<string> SaidAsync(SiloProcess silo)
    {
        using var client = new HttpClient { BaseAddress = new Uri(silo.HttpUrl) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        var said = "";
        foreach (var page in Pages)
        {
            using var response = await client.GetAsync(page, Ct);
            said += $"{response.Headers}{await response.Content.ReadAsStringAsync(Ct)}";
        }

        return said;
    }
}
