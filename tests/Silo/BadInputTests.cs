using OtelOrleans.Silo.Demo;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>What a person sees who got something wrong: one line that says what to do, and an exit code.</summary>
public sealed class BadInputTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Unknown_verb_names_the_verbs()
    {
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["frobnicate"], new Dictionary<string, string>());

        Assert.Equal(64, exitCode);
        Assert.Contains("frobnicate", Line(errors), StringComparison.Ordinal);
        Assert.Contains("run, migrate, healthcheck, status, buffers, flush, pause, resume, audit, dead-letters, produce", Line(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_wrong_option_is_reported_at_once_and_secrets_are_not()
    {
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["run"], new Dictionary<string, string>
        {
            ["POSTGRES_PORT"] = "70000",
            ["POSTGRES_PASSWORD"] = "hunter2",
            ["KAFKA_BROKERS"] = "no-port",
            ["BATCH_SIZE"] = "many",
            ["FLUSH_INTERVAL"] = "1",
            ["LOG_LEVEL"] = "loud",
            ["OTELORLEANS__Kafka__Consumer"] = "2",
        });

        Assert.Equal(78, exitCode);
        string[] wrong = ["BATCH_SIZE", "FLUSH_INTERVAL", "KAFKA_BROKERS", "LOG_LEVEL", "OtelOrleans:Kafka:Consumer", "POSTGRES_PORT"];
        Assert.Equal(wrong, Lines(errors).Select(line => wrong.Single(line.Contains)).Order());
        Assert.DoesNotContain("hunter2", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_without_memory_ends_and_says_what_to_do()
    {
        // 32 MiB: the runtime can start with it, the silo cannot.
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["run"], new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x2000000" });

        Assert.Equal(134, exitCode);
        Assert.Contains("Out of memory", errors, StringComparison.Ordinal);
        Assert.Contains("OtelOrleans:Flow:MaxUndurableBytesPerSilo", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Property_that_librdkafka_does_not_know_is_a_wrong_option()
    {
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["run"], new Dictionary<string, string> { ["OTELORLEANS__Kafka__Properties__no.such.thing"] = "1" });

        Assert.Equal(78, exitCode);
        Assert.Contains("no.such.thing", Line(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_password_ends_the_silo()
    {
        await using var server = await PrivatePostgres.CreateTemporaryAsync(null, TestContext.Current.CancellationToken);
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["run"], new Dictionary<string, string>
        {
            ["POSTGRES_HOST"] = "127.0.0.1",
            ["POSTGRES_PORT"] = $"{server.Port}",
            ["POSTGRES_USER"] = server.User,
            ["POSTGRES_PASSWORD"] = "wrong-hunter2",
            ["POSTGRES_DB"] = server.Database,
        });

        Assert.Equal(77, exitCode);
        Assert.Contains("POSTGRES_PASSWORD", Line(errors), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_says_that_postgres_is_away()
    {
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["migrate"], new Dictionary<string, string> { ["POSTGRES_HOST"] = "127.0.0.1", ["POSTGRES_PORT"] = "1" });

        Assert.Equal(69, exitCode);
        Assert.Contains("POSTGRES_PORT", Line(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_says_what_it_did_and_that_nothing_is_left_to_do()
    {
        var variables = SiloProcess.Variables(await postgres.CreateDatabaseAsync(), "127.0.0.1:1");

        var first = await SiloProcess.RunAsync(["migrate"], variables);
        var second = await SiloProcess.RunAsync(["migrate"], variables);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Contains("applied 0001_", first.Output, StringComparison.Ordinal);
        Assert.Contains("is up to date", Line(second.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Produce_says_that_a_file_is_missing()
    {
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["produce", "/no/such/file"], new Dictionary<string, string>());

        Assert.Equal(66, exitCode);
        Assert.Contains("/no/such/file", Line(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Produce_says_that_kafka_is_away()
    {
        var (exitCode, _, errors) = await SiloProcess.RunAsync(
            ["produce", CorpusFiles.Protobuf[0]], new Dictionary<string, string> { ["KAFKA_BROKERS"] = "127.0.0.1:1", ["OTELORLEANS__Kafka__Properties__message.timeout.ms"] = "2000" });

        Assert.Equal(69, exitCode);
        Assert.Contains("KAFKA_BROKERS", Line(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Healthcheck_says_that_no_silo_answers()
    {
        var (exitCode, _, errors) = await SiloProcess.RunAsync(["healthcheck"], new Dictionary<string, string>());

        Assert.Equal(1, exitCode);
        Assert.Contains("No silo answers", Line(errors), StringComparison.Ordinal);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Line(string text) => Assert.Single(Lines(text));
}
