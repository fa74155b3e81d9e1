using Npgsql;
using OtelOrleans.Silo.Demo;
using Xunit;

namespace OtelOrleans.Tests.Demo;

public sealed class DemoRunTests : IDisposable
{
    /// <summary>A Postgres that nobody asks, so that the runs below need none.</summary>
    private static readonly DemoPostgres Nowhere = new("127.0.0.1", 1, "nobody", "", "none");

    private readonly StringWriter _stdout = new();
    private readonly StringWriter _stderr = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spans_logs_and_metrics_of_the_sample_shop_reach_Kafka()
    {
        using var silo = new ReadingSilo();

        var exitCode = await DemoRun.RunAsync(new() { Once = true, Postgres = Nowhere }, silo, _stdout, _stderr, Cancel);

        Assert.True(exitCode == 0, $"{_stdout}{_stderr}");
        Assert.All(["health", "dashboard", "psql", "row of spans", "stored: spans"], text => Assert.Contains(text, _stdout.ToString(), StringComparison.Ordinal));

        // The paths are field numbers: resource_spans.scope_spans.spans and so on.
        Assert.Contains(silo.Spans, payload => Wire.Has(payload, 1, 2, 2, 4));
        Assert.Contains(silo.Spans, payload => Wire.Has(payload, 1, 2, 2, 11));
        Assert.Contains(silo.Logs, payload => Wire.Has(payload, 1, 2, 2, 9));
        Assert.Contains(silo.Metrics, payload => Wire.Has(payload, 1, 2, 2, 7, 1));
    }

    [Fact]
    public async Task The_shop_shows_every_kind_of_metric_links_and_exceptions()
    {
        using var silo = new ReadingSilo { Needs = 60 };

        var exitCode = await DemoRun.RunAsync(new() { Once = true, Postgres = Nowhere, Rate = 60 }, silo, _stdout, _stderr, Cancel);

        Assert.True(exitCode == 0, $"{_stdout}{_stderr}");
        int[] metric = [1, 2, 2];
        Assert.All(
            new Dictionary<string, int[]>
            {
                ["gauge"] = [.. metric, 5, 1],
                ["sum"] = [.. metric, 7, 1],
                ["histogram"] = [.. metric, 9, 1],
                ["exemplar of a histogram"] = [.. metric, 9, 1, 8],
                ["exponential histogram"] = [.. metric, 10, 1],
            },
            kind => Assert.True(silo.Metrics.Exists(payload => Wire.Has(payload, kind.Value)), kind.Key));
        Assert.True(silo.Spans.Exists(payload => Wire.Has(payload, 1, 2, 2, 13)), "link of a span");
        Assert.True(silo.Spans.Exists(payload => Wire.Says(payload, "exception.stacktrace")), "exception of a span");
        Assert.True(silo.Logs.Exists(payload => Wire.Says(payload, "exception.stacktrace")), "exception of a log record");
    }

    [Fact]
    public async Task Ctrl_C_stops_in_good_order_and_prints_totals()
    {
        using var silo = new ReadingSilo();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        silo.WhenAllSignalsCame = stop.Cancel;

        var exitCode = await DemoRun.RunAsync(new() { Postgres = Nowhere }, silo, _stdout, _stderr, stop.Token);

        Assert.True(exitCode == 0, $"{_stdout}{_stderr}");
        Assert.True(silo.Stopped);
        Assert.Equal($"stored: {DemoConsole.Text(silo.Counts, silo.Counts, 0)}", _stdout.ToString().TrimEnd().Split('\n')[^1]);
    }

    [Fact]
    public async Task Rows_that_do_not_come_end_a_single_run_with_1()
    {
        using var silo = new ReadingSilo { Blind = true };

        var exitCode = await DemoRun.RunAsync(
            new() { Once = true, Postgres = Nowhere, Deadline = TimeSpan.FromSeconds(1) }, silo, _stdout, _stderr, Cancel);

        Assert.Equal(1, exitCode);
        Assert.StartsWith("After 1 s not every signal has rows", _stderr.ToString(), StringComparison.Ordinal);
        Assert.True(silo.Stopped);
    }

    [Fact]
    public async Task Data_is_kept_between_runs_and_topics_are_not_reused()
    {
        await using var probe = await Services.PostgresAsync();

        // Not a temporary folder of .NET's: those are closed to the account that Postgres runs as.
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"otelorleans-demo-{Guid.NewGuid():N}"));
        try
        {
            using var first = new ReadingSilo { OnStart = endpoints => ExecuteAsync(endpoints, "create table kept as select 42 as answer") };
            using var second = new ReadingSilo { OnStart = endpoints => ExecuteAsync(endpoints, "select answer from kept") };
            var options = new DemoOptions { Once = true, DataDirectory = folder.FullName };

            Assert.True(await DemoRun.RunAsync(options, first, _stdout, _stderr, Cancel) == 0, $"{_stdout}{_stderr}");
            Assert.True(await DemoRun.RunAsync(options, second, _stdout, _stderr, Cancel) == 0, $"{_stdout}{_stderr}");

            Assert.Equal("otlp_spans", first.Endpoints!.Topics.Traces);
            Assert.StartsWith("otlp_spans_", second.Endpoints!.Topics.Traces, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Variables_name_services_that_run_already()
    {
        var variables = new Dictionary<string, string>
        {
            ["KAFKA_BROKERS"] = "kafka:9092",
            ["KAFKA_LOG_TOPIC"] = "logs",
            ["POSTGRES_HOST"] = "db",
            ["POSTGRES_PASSWORD"] = "secret",
        };

        var options = DemoOptions.FromVariables(once: true, variables.GetValueOrDefault);

        Assert.Equal(("kafka:9092", "logs", "otlp_spans"), (options.KafkaBrokers, options.Topics.Logs, options.Topics.Traces));
        Assert.Equal(new DemoPostgres("db", 5432, "postgres", "secret", "telemetry"), options.Postgres);
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _stdout.Dispose();
        _stderr.Dispose();
    }

    private static async Task ExecuteAsync(DemoEndpoints endpoints, string sql)
    {
        var target = endpoints.Postgres;
        await using var connection = new NpgsqlConnection(
            $"Host={target.Host};Port={target.Port};Username={target.User};Password={target.Password};Database={target.Database};Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
