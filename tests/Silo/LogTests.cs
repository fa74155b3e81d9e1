using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>What a silo writes to stderr, and where it listens.</summary>
public sealed partial class LogTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Broker_that_is_away_is_told_now_and_then_and_not_at_every_try()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();
        var before = Lines(silo).Count;
        var errorsBefore = await KafkaErrorsAsync(silo);
        var clock = Stopwatch.StartNew();

        bench.Kafka.TakeDown();

        await Wait.ForAsync(async () => await KafkaErrorsAsync(silo) >= errorsBefore + 20, async () => $"{await KafkaErrorsAsync(silo)} errors\n{silo.Errors}");
        var lines = Lines(silo).Skip(before).ToList();
        Assert.Contains(lines, l => l.Contains("Kafka: ", StringComparison.Ordinal));
        Assert.True(lines.Count <= 10 + (10 * clock.Elapsed.TotalMinutes), $"{lines.Count} lines in {clock.Elapsed}:\n{string.Join('\n', lines)}");
    }

    [Fact]
    public async Task Lines_are_json_where_nobody_sits_at_a_terminal()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo();
        await silo.WaitReadyAsync();
        await silo.TerminateAsync();

        Assert.NotEmpty(Lines(silo));
        Assert.All(Lines(silo), l => Assert.Equal("Information", JsonDocument.Parse(l).RootElement.GetProperty("LogLevel").GetString()));
    }

    [Fact]
    public async Task Level_keeps_out_what_is_below_it()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo(("LOG_LEVEL", "warn"));
        await silo.WaitReadyAsync();
        await silo.TerminateAsync();

        Assert.Empty(Lines(silo));
    }

    [Fact]
    public async Task Silo_listens_on_the_addresses_that_it_is_given_and_on_no_others()
    {
        int[] ports = [FreePort(), FreePort(), FreePort()];
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo(
            ("HTTP_URL", $"http://127.0.0.1:{ports[0]}"), ("OTELORLEANS__Cluster__SiloPort", Text(ports[1])), ("OTELORLEANS__Cluster__GatewayPort", Text(ports[2])));

        var listeners = () => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(l => ports.Contains(l.Port)).ToList();
        await Wait.ForAsync(() => Task.FromResult(listeners().Count >= ports.Length), () => Task.FromResult(silo.Errors));

        Assert.All(listeners(), l => Assert.Equal(IPAddress.Loopback, l.Address));
    }

    private static List<string> Lines(SiloProcess silo) => [.. silo.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static async Task<double> KafkaErrorsAsync(SiloProcess silo) =>
        KafkaErrors().Matches((await silo.GetAsync("/metrics")).Body).Sum(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [GeneratedRegex(@"^otelorleans_kafka_errors_total\{[^}]*\} (\S+)", RegexOptions.Multiline)]
    private static partial Regex KafkaErrors();
}
