using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>What Postgres takes at most: the rows are bytes already and go into the same tables by COPY, on as many connections as a silo writes with. No ledger, no rollups, no audit.</summary>
internal static class RawCopyRun
{
    private const int Connections = 2;

    /// <summary>Transactions are handed to whichever connection is free. While it runs the pipeline's silos stand.</summary>
    public static async Task<Wave> RunAsync(BenchPipeline pipeline, EncodedRows rows)
    {
        pipeline.Thaw();
        await pipeline.ClearAsync();
        pipeline.Freeze();
        var groups = new ConcurrentQueue<IReadOnlyList<ReadOnlyMemory<byte>>>(rows.Groups);
        var connections = new List<NpgsqlConnection>();
        for (var i = 0; i < Connections; i++)
        {
            connections.Add(new NpgsqlConnection($"{pipeline.ConnectionString};Write Buffer Size=65536"));
            await connections[^1].OpenAsync();
        }

        var postgres = pipeline.Servers.Postgres.ProcessId;
        var (server, client) = (ProcessCpu.SecondsOfFamily(postgres, without: 0), pipeline.Servers.KafkaCpuSeconds);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(connections.Select(c => Task.Run(() => WriteAsync(c, rows.Layout, groups))));
        var seconds = clock.Elapsed.TotalSeconds;
        (server, client) = (ProcessCpu.SecondsOfFamily(postgres, without: 0) - server, pipeline.Servers.KafkaCpuSeconds - client);
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        return new Wave
        {
            Rows = rows.Rows,
            RowsPerSecond = rows.Rows / seconds,
            FirstSeconds = 0,
            TailSeconds = 0,
            Transactions = rows.Groups.Count,
            SiloCpu = client,
            PostgresCpu = server,
            KafkaCpu = 0,
        };
    }

    private static async Task WriteAsync(NpgsqlConnection connection, CopyLayout layout, ConcurrentQueue<IReadOnlyList<ReadOnlyMemory<byte>>> groups)
    {
        while (groups.TryDequeue(out var group))
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await RawCopy.RunAsync(connection, layout, $"otel.{layout.Table}", group);
            await transaction.CommitAsync();
        }
    }
}
