using System.Diagnostics;
using Npgsql;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>Puts a backlog before a standing silo, wakes it, and watches until all rows are committed. When each commit was is what Postgres says afterwards.</summary>
internal sealed class WaveRun(BenchPipeline pipeline, Signal signal, long rows)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(40);

    private readonly string _table = BenchLoad.LayoutOf(signal).Table;
    private readonly Stopwatch _clock = new();
    private int _looks;
    private int _idle;
    private int _client;
    private long _resident;

    /// <summary>How long all of it may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(3);

    /// <param name="records">Sent while the silo stands; they hold the rows.</param>
    /// <param name="times">How often each is sent.</param>
    public async Task<Wave> RunAsync(IReadOnlyList<byte[]> records, int times = 1)
    {
        pipeline.Thaw();
        await pipeline.ClearAsync();
        pipeline.Freeze();
        var before = await CountAsync();
        for (var i = 0; i < times; i++)
        {
            pipeline.Send(signal, records);
        }

        await using var eye = new NpgsqlConnection(pipeline.ConnectionString);
        await eye.OpenAsync();
        var began = await ScalarAsync<DateTime>(eye, "select clock_timestamp()");
        var (silo, postgres, kafka) = Cpu(eye);
        pipeline.Thaw();
        _clock.Start();
        await UntilCommittedAsync(eye, began);
        var (siloAfter, postgresAfter, kafkaAfter) = Cpu(eye);
        pipeline.Freeze();

        if (await CountAsync() is var stored && stored - before != rows)
        {
            throw new InvalidOperationException($"{stored - before} rows of {rows} are in otel.{_table}");
        }

        var wave = await CommitsAsync(eye, began);
        return wave with
        {
            SiloCpu = siloAfter - silo,
            PostgresCpu = postgresAfter - postgres,
            KafkaCpu = kafkaAfter - kafka,
            Resident = _resident,
            Writers = _looks == 0 ? default : new((double)_idle / _looks, (double)_client / _looks, (double)(_looks - _idle - _client) / _looks),
        };
    }

    private (double Silo, double Postgres, double Kafka) Cpu(NpgsqlConnection eye) =>
        (pipeline.SiloCpuSeconds, ProcessCpu.SecondsOfFamily(pipeline.Servers.Postgres.ProcessId, eye.ProcessID), pipeline.Servers.KafkaCpuSeconds);

    private Task<long> CountAsync() => pipeline.ScalarAsync<long>($"select count(*) from otel.{_table}");

    private async Task UntilCommittedAsync(NpgsqlConnection eye, DateTime began)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select coalesce((select sum({_table}) from otel.ingest_flushes where at >= $1 and topic = $2), 0)::bigint,
                   count(*) filter (where state = 'idle'), count(*) filter (where state <> 'idle' and wait_event_type = 'Client'), count(*)
            from pg_stat_activity where application_name = 'otelorleans-writer' and datname = current_database()
            """,
            eye);
        command.Parameters.Add(new() { Value = began });
        command.Parameters.Add(new() { Value = pipeline.TopicOf(signal) });
        while (true)
        {
            _resident = Math.Max(_resident, pipeline.ResidentBytes);
            await using (var reader = await command.ExecuteReaderAsync())
            {
                await reader.ReadAsync();
                var committed = reader.GetInt64(0);
                if (committed >= rows)
                {
                    return;
                }

                if (_clock.Elapsed > Patience)
                {
                    throw new TimeoutException($"{committed} rows of {rows} were committed within {Patience}");
                }

                // Before the first commit and at the end there is less work than connections.
                if (committed > 0 && committed < rows * 0.95)
                {
                    _idle += reader.GetInt32(1);
                    _client += reader.GetInt32(2);
                    _looks += reader.GetInt32(3);
                }
            }

            await Task.Delay(Look);
        }
    }

    private async Task<Wave> CommitsAsync(NpgsqlConnection eye, DateTime began)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select pg_xact_commit_timestamp(transaction::xid), sum({_table})::bigint from otel.ingest_flushes
            where at >= $1 and topic = $2 and {_table} > 0 group by transaction order by 1
            """,
            eye);
        command.Parameters.Add(new() { Value = began });
        command.Parameters.Add(new() { Value = pipeline.TopicOf(signal) });
        List<(DateTime At, long Rows)> commits = [];
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            commits.Add((reader.GetDateTime(0), reader.GetInt64(1)));
        }

        long sum = 0;
        var mostAt = commits.First(c => (sum += c.Rows) >= rows * 0.95).At;
        return new Wave
        {
            Rows = rows,
            RowsPerSecond = rows / (commits[^1].At - began).TotalSeconds,
            FirstSeconds = (commits[0].At - began).TotalSeconds,
            TailSeconds = (commits[^1].At - mostAt).TotalSeconds,
            Transactions = commits.Count,
            SiloCpu = 0,
            PostgresCpu = 0,
            KafkaCpu = 0,
        };
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
