using System.Diagnostics;
using Npgsql;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>What it takes to write rows without a silo: by this process itself, on connections of its own.</summary>
internal static class ClientRun
{
    /// <summary>Writes on all connections at once, and closes them. The wave's <see cref="Wave.SiloCpu"/> is that of the client, which is this process.</summary>
    public static async Task<Wave> MeasureAsync(BenchServers servers, IReadOnlyCollection<NpgsqlConnection> connections, Func<NpgsqlConnection, Task> write, long rows, int transactions)
    {
        var postgres = servers.Postgres.ProcessId;
        var (server, client) = (ProcessCpu.SecondsOfFamily(postgres, without: 0), servers.KafkaCpuSeconds);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(connections.Select(c => Task.Run(() => write(c))));
        var seconds = clock.Elapsed.TotalSeconds;
        (server, client) = (ProcessCpu.SecondsOfFamily(postgres, without: 0) - server, servers.KafkaCpuSeconds - client);
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        return new Wave
        {
            Rows = rows,
            RowsPerSecond = rows / seconds,
            FirstSeconds = 0,
            TailSeconds = 0,
            Transactions = transactions,
            SiloCpu = client,
            PostgresCpu = server,
            KafkaCpu = 0,
        };
    }
}
