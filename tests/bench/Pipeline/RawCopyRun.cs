using System.Collections.Concurrent;
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

        return await ClientRun.MeasureAsync(pipeline.Servers, connections, c => WriteAsync(c, rows.Layout, groups), rows.Rows, rows.Groups.Count);
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
