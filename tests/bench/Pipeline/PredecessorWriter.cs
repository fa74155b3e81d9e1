using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>
/// The way in which otel-kafka-pg writes: a prepared upsert per row, 100 of them to a transaction, into one table with a primary key of text and a GIN index of all
/// attributes. Only Postgres and the sending of rows are measured, and not the decoding before.
/// </summary>
/// <param name="pipeline">Has stored rows, and lends its database.</param>
/// <param name="signal">Which of its tables.</param>
/// <param name="count">Connections that write at the same time.</param>
internal sealed class PredecessorWriter(BenchPipeline pipeline, Signal signal, int count)
{
    private const int RowsPerTransaction = 100;

    private static readonly Dictionary<Signal, Table> Tables = new()
    {
        [Signal.Traces] = new(
            "traces",
            ["id", "trace_id", "span_id", "parent_span_id", "name", "service_name", "start_time", "end_time", "duration", "status", "attributes"],
            """
            create table predecessor.traces (
                id varchar(255) primary key, trace_id varchar(64) not null, span_id varchar(64) not null, parent_span_id varchar(64), name varchar(255) not null, service_name varchar(128) not null,
                start_time bigint not null, end_time bigint not null, duration double precision not null, status varchar(32), attributes jsonb, created_at timestamptz default now(),
                unique (trace_id, span_id));
            create index on predecessor.traces (trace_id);
            create index on predecessor.traces (service_name);
            create index on predecessor.traces (start_time);
            create index on predecessor.traces (status);
            create index on predecessor.traces (parent_span_id);
            create index on predecessor.traces using gin (attributes);
            create index on predecessor.traces (service_name, start_time)
            """),
        [Signal.Logs] = new(
            "logs",
            ["id", "timestamp", "service_name", "message", "severity", "trace_id", "span_id", "attributes"],
            """
            create table predecessor.logs (
                id varchar(255) primary key, timestamp bigint not null, service_name varchar(128) not null, message text not null, severity varchar(32) not null, trace_id varchar(64), span_id varchar(64),
                attributes jsonb, created_at timestamptz default now());
            create index on predecessor.logs (timestamp);
            create index on predecessor.logs (service_name);
            create index on predecessor.logs (severity);
            create index on predecessor.logs (trace_id);
            create index on predecessor.logs using gin (attributes)
            """),
    };

    private readonly Table _table = Tables[signal];
    private List<object?[]> _rows = [];

    /// <summary>Makes the tables, and takes rows that a silo has stored: its views show them in the predecessor's shape.</summary>
    public async Task PrepareAsync(int rows)
    {
        await pipeline.ExecuteAsync($"create schema if not exists predecessor; {_table.Sql}");
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand($"select {_table.ColumnList} from public.{_table.Name} limit {rows}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var row = new object?[_table.Columns.Length];
            reader.GetValues(row!);
            _rows.Add(row);
        }

        // In views ids of logs are made of what they say, and the corpus says the same again and again.
        _rows = [.. _rows.DistinctBy(r => r[0])];
    }

    public async Task<Wave> RunAsync()
    {
        pipeline.Freeze();
        await pipeline.ExecuteAsync($"truncate predecessor.{_table.Name}");
        await pipeline.ExecuteAsync("checkpoint");
        var transactions = new ConcurrentQueue<object?[][]>(_rows.Chunk(RowsPerTransaction));
        var connections = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => OpenAsync()));
        return await ClientRun.MeasureAsync(pipeline.Servers, connections, c => WriteAsync(c, transactions), _rows.Count, (_rows.Count + RowsPerTransaction - 1) / RowsPerTransaction);
    }

    private async Task WriteAsync(NpgsqlConnection connection, ConcurrentQueue<object?[][]> transactions)
    {
        await using var insert = new NpgsqlCommand(
            $"insert into predecessor.{_table.Name} ({_table.ColumnList}) values ({string.Join(", ", _table.Columns.Select((_, i) => $"${i + 1}"))}) on conflict (id) do update set {string.Join(", ", _table.Columns.Skip(1).Select(c => $"{c} = excluded.{c}"))}",
            connection);
        foreach (var column in _table.Columns)
        {
            insert.Parameters.Add(new() { NpgsqlDbType = TypeOf(column) });
        }

        await insert.PrepareAsync();
        while (transactions.TryDequeue(out var rows))
        {
            await using var transaction = await connection.BeginTransactionAsync();
            foreach (var row in rows)
            {
                for (var i = 0; i < row.Length; i++)
                {
                    insert.Parameters[i].Value = row[i] ?? DBNull.Value;
                }

                await insert.ExecuteNonQueryAsync();
            }

            await transaction.CommitAsync();
        }
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(pipeline.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static NpgsqlDbType TypeOf(string column) => column switch
    {
        "attributes" => NpgsqlDbType.Jsonb,
        "duration" => NpgsqlDbType.Double,
        "start_time" or "end_time" or "timestamp" => NpgsqlDbType.Bigint,
        _ => NpgsqlDbType.Text,
    };

    private sealed record Table(string Name, string[] Columns, string Sql)
    {
        public string ColumnList { get; } = string.Join(", ", Columns);
    }
}
