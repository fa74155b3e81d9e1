using System.Net;
using System.Net.Sockets;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Demo;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

public sealed class OutageTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_ends_stored_once_though_the_server_dies_under_load()
    {
        await using var server = await Services.PostgresAsync();
        await using var sql = await SqlDatabase.CreateAsync(PostgresFixture.CreateDatabaseAsync(server, "outage"));
        await using var writer = sql.NewWriter();
        using var enough = new CancellationTokenSource();
        var outcomes = new System.Collections.Concurrent.ConcurrentDictionary<FlushOutcome, int>();

        var services = Enumerable.Range(0, 20).Select(i => RunServiceAsync($"s{i}")).ToList();
        for (var crash = 0; crash < 3; crash++)
        {
            var before = outcomes.GetValueOrDefault(FlushOutcome.Committed);
            while (outcomes.GetValueOrDefault(FlushOutcome.Committed) < before + 200)
                await Task.Delay(20, Ct);
            await server.StopAsync(PostgresShutdown.Immediate, Ct);
            await Task.Delay(200, Ct);
            await server.StartAgainAsync(Ct);
        }

        await Task.Delay(300, Ct);
        await enough.CancelAsync();
        var flushes = await Task.WhenAll(services);

        Assert.Equal(flushes.Sum() * 7L, await sql.CountAsync("spans"));
        Assert.Equal(0L, await sql.ScalarAsync<long>("select count(*) from (select service_name, name from otel.spans group by 1, 2 having count(*) <> 7) t"));
        Assert.Equal(flushes.Sum(), await sql.ScalarAsync<decimal>("select sum(next_offset) from otel.ingest_ledger"));
        Assert.True(outcomes.GetValueOrDefault(FlushOutcome.Retry) > 0);
        Assert.Empty(outcomes.Keys.Except([FlushOutcome.Committed, FlushOutcome.Retry, FlushOutcome.Unknown, FlushOutcome.Fenced]));

        // Does what an aggregator does: the same rows again after Retry, a look into the ledger after Unknown.
        async Task<int> RunServiceAsync(string service)
        {
            long? durable = null;
            while (!enough.IsCancellationRequested)
            {
                var next = (durable ?? 0) + 1;
                var result = await writer.FlushAsync(
                    new() { ServiceName = service, Moves = [new("t", 0, durable, next)], Blocks = [Rows.Spans(service, 7, $"flush {next}")], Dimensions = [Rows.Resource(service, 1, 2)] }, Ct);
                outcomes.AddOrUpdate(result.Outcome, 1, (_, n) => n + 1);
                if (result.Outcome == FlushOutcome.Committed)
                    durable = next;
                else
                    await Task.Delay(Random.Shared.Next(20, 80), Ct);
                if (result.Outcome is FlushOutcome.Unknown or FlushOutcome.Fenced)
                    durable = await LoadAsync(service);
            }

            return (int)(durable ?? 0);
        }

        async Task<long?> LoadAsync(string service)
        {
            while (true)
            {
                try
                {
                    return (await sql.Ledger.LoadAsync(service, Ct)) is [var entry] ? entry.NextOffset : null;
                }
                catch (Exception e) when (SqlErrors.Classify(e) == SqlErrorClass.Transient)
                {
                    await Task.Delay(100, Ct);
                }
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_breaks_at_COMMIT_leaves_the_answer_to_the_ledger(bool commitArrives)
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        using var proxy = new CommitCuttingProxy(sql.Options.Port, commitArrives);
        await using var throughProxy = new PostgresDatabase(new() { Host = "127.0.0.1", Port = proxy.Port, User = sql.Options.User, Password = sql.Options.Password, Database = sql.Options.Database, SslMode = "Disable" });
        await using var writer = new CopyWriter(throughProxy, new(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<CopyWriter>.Instance);

        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(i =>
            writer.FlushAsync(new() { ServiceName = $"s{i}", Moves = [new("t", 0, null, 5)], Blocks = [Rows.Spans("s", 2)] }, Ct).AsTask()));

        Assert.All(results, r => Assert.Equal(FlushOutcome.Unknown, r.Outcome));
        await sql.UntilAsync("not exists (select from pg_stat_activity where datname = current_database() and application_name = 'otelorleans-writer')");
        Assert.Equal(commitArrives ? 6L : 0L, await sql.CountAsync("spans"));
        Assert.Equal(commitArrives ? 3L : 0L, await sql.CountAsync("ingest_ledger"));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_reason_to_retry()
    {
        await using var database = new PostgresDatabase(new() { Host = "127.0.0.1", Port = 1 });
        await using var writer = new CopyWriter(database, new(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<CopyWriter>.Instance);
        var result = await writer.FlushAsync(new() { ServiceName = "s", Moves = [new("t", 0, null, 5)] }, Ct);
        Assert.Equal(FlushOutcome.Retry, result.Outcome);
        Assert.Contains("POSTGRES_HOST", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_waits_too_long_is_a_reason_to_retry()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), configure: o => o.CommandTimeout = TimeSpan.FromSeconds(1));
        await using var writer = sql.NewWriter();
        FlushRequest Request() => new() { ServiceName = "s", Moves = [new("t", 0, null, 5)], Blocks = [Rows.Spans("s", 2)] };
        await using (await sql.HoldLedgerAsync())
            Assert.Equal(FlushOutcome.Retry, (await writer.FlushAsync(Request(), Ct)).Outcome);
        Assert.Equal(FlushOutcome.Committed, (await writer.FlushAsync(Request(), Ct)).Outcome);
        Assert.Equal(2L, await sql.CountAsync("spans"));
    }

    /// <summary>Stands between writer and server, and cuts the connection when a COMMIT passes: before it arrives, or before its answer does.</summary>
    private sealed class CommitCuttingProxy : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly int _serverPort;
        private readonly bool _commitArrives;

        public CommitCuttingProxy(int serverPort, bool commitArrives)
        {
            (_serverPort, _commitArrives) = (serverPort, commitArrives);
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                    _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using var server = new TcpClient();
            using (client)
            {
                await server.ConnectAsync(IPAddress.Loopback, _serverPort);
                var (up, down) = (client.GetStream(), server.GetStream());
                var deaf = false;
                var back = PumpAsync(down, up, _ => !deaf);
                await PumpAsync(up, down, bytes =>
                {
                    if (bytes.Span.IndexOf("COMMIT\0"u8) < 0)
                        return true;
                    deaf = true;
                    return _commitArrives;
                }, () => deaf);
                if (_commitArrives)
                    await Task.Delay(300);
            }
        }

        private static async Task PumpAsync(NetworkStream from, NetworkStream to, Func<ReadOnlyMemory<byte>, bool> pass, Func<bool>? last = null)
        {
            var buffer = new byte[65_536];
            try
            {
                while (await from.ReadAsync(buffer) is > 0 and var read)
                {
                    if (pass(buffer.AsMemory(0, read)))
                        await to.WriteAsync(buffer.AsMemory(0, read));
                    if (last?.Invoke() == true)
                        return;
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
            }
        }
    }
}
