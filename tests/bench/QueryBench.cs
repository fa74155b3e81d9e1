using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Queries;

namespace OtelOrleans.Tests.Bench;

/// <summary>
/// How long the tables take to answer, and how large they are, beside the predecessor's with the same rows on the same server. Each question is asked many times, each time of something
/// else, ours and the predecessor's in turns on a connection each; rows are read to the end. Milliseconds are the client's; <c>cpu_ms</c> is what the server's process took, which neighbours
/// on the machine do not change much.
/// </summary>
internal static class QueryBench
{
    private const int WarmUps = 20;
    private const int Rounds = 200;
    private const int LeastRounds = 10;

    // Clock ticks of /proc, 100 a second on every Linux.
    private const double MillisPerTick = 10;

    // The predecessor takes seconds for some questions.
    private static readonly TimeSpan QuestionTime = TimeSpan.FromSeconds(40);

    private static readonly PrivatePostgresOptions Server = new()
    {
        Settings = ["shared_buffers=1GB", "maintenance_work_mem=512MB", "max_wal_size=4GB", "checkpoint_timeout=30min", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off"],
    };

    /// <summary>Prints a line per question, and the sizes.</summary>
    /// <param name="args">Spans (5,000,000), log records (as many), days that they are spread over (7).</param>
    /// <param name="output">Where the lines go.</param>
    public static async Task RunAsync(string[] args, TextWriter output)
    {
        var spans = args.Length > 0 ? long.Parse(args[0], CultureInfo.InvariantCulture) : 5_000_000;
        var logs = args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : spans;
        var days = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 7;
        var telemetry = new SampleTelemetry(DateTime.UtcNow.Date.AddDays(-days), days, spans, logs);

        await using var server = await PrivatePostgres.CreateTemporaryAsync(Server, CancellationToken.None);
        var options = await PostgresFixture.CreateDatabaseAsync(server, "query");
        await using (var database = new PostgresDatabase(options))
        {
            await new SchemaMigrator(database, NullLogger<SchemaMigrator>.Instance).MigrateAsync(CancellationToken.None);
        }

        await using var ours = await OpenAsync(options);
        await using var before = await OpenAsync(options);
        var clock = Stopwatch.StartNew();
        await telemetry.LoadAsync(ours);
        await PredecessorTables.FillAsync(before);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"query loaded: spans={spans} logs={logs} days={days} postgres={server.Version} seconds={clock.Elapsed.TotalSeconds:F0}"));

        var samples = await telemetry.PickAsync(ours, Rounds + WarmUps, seed: 1);
        var met = new List<string>();
        var missed = new List<string>();
        foreach (var question in Questions.All)
        {
            var (now, then) = await AskAsync(question, ours, before, samples);
            var line = new List<string> { $"query {question.Name}:", now.Text("") };
            if (question.AimMs is { } aim)
            {
                line.Add(string.Create(CultureInfo.InvariantCulture, $"aim_ms={aim}"));
                (now.Median <= aim ? met : missed).Add(question.Name);
            }

            if (then is not null)
            {
                line.Add(then.Text("predecessor_"));
                line.Add(string.Create(CultureInfo.InvariantCulture, $"ratio={then.Median / now.Median:F2} cpu_ratio={then.CpuMs / now.CpuMs:F2}"));
            }

            output.WriteLine(string.Join(' ', line));
        }

        var span = await SizeAsync(ours, "spans", "traces", spans);
        var log = await SizeAsync(ours, "log_records", "logs", logs);
        output.WriteLine($"query bytes_per_span: {span.Text}");
        output.WriteLine($"query bytes_per_log: {log.Text}");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"query: spans={spans} logs={logs} days={days} aims_met={met.Count} aims_missed={missed.Count} missed={string.Join(',', missed.DefaultIfEmpty("none"))} span_bytes={span.Bytes:F0} span_bytes_ratio={span.Ratio:F2} log_bytes={log.Bytes:F0} log_bytes_ratio={log.Ratio:F2}"));
    }

    private static async Task<(Times Now, Times? Then)> AskAsync(Question question, NpgsqlConnection ours, NpgsqlConnection before, IReadOnlyList<Sample> samples)
    {
        var now = new Times(ours.ProcessID);
        var then = question.Before is null ? null : new Times(before.ProcessID);
        var clock = Stopwatch.StartNew();
        foreach (var sample in samples.Take(WarmUps).TakeWhile((_, i) => i == 0 || clock.Elapsed < QuestionTime / 4))
        {
            await AskOnceAsync(sample);
        }

        now.Begin();
        then?.Begin();
        clock.Restart();
        foreach (var sample in samples.Skip(WarmUps).TakeWhile((_, i) => i < LeastRounds || clock.Elapsed < QuestionTime))
        {
            var (nowMs, thenMs) = await AskOnceAsync(sample);
            now.Add(nowMs);
            then?.Add(thenMs);
        }

        now.End();
        then?.End();
        return (now, then);

        async Task<(double Now, double Then)> AskOnceAsync(Sample sample) => (
            await QueryBench.AskOnceAsync(ours, question.Sql, question.Values(sample)),
            question.Before is null ? 0 : await QueryBench.AskOnceAsync(before, question.Before, question.BeforeValues!(sample)));
    }

    private static async Task<double> AskOnceAsync(NpgsqlConnection connection, string sql, object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        var clock = Stopwatch.StartNew();
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
            }
        }

        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task<NpgsqlConnection> OpenAsync(PostgresOptions options)
    {
        var connection = new NpgsqlConnection($"{PostgresFixture.ConnectionString(options)};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<(double Bytes, double Ratio, string Text)> SizeAsync(NpgsqlConnection connection, string table, string before, long rows)
    {
        await using var command = new NpgsqlCommand(
            """
            select sum(pg_table_size(inhrelid)), sum(pg_indexes_size(inhrelid)), pg_table_size($2::regclass)::numeric, pg_indexes_size($2::regclass)::numeric
            from pg_inherits where inhparent = $1::regclass
            """,
            connection);
        command.Parameters.Add(new() { Value = $"otel.{table}" });
        command.Parameters.Add(new() { Value = $"predecessor.{before}" });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        double Bytes(int column) => (double)reader.GetDecimal(column) / rows;
        var (now, then) = (Bytes(0) + Bytes(1), Bytes(2) + Bytes(3));
        return (now, now / then, string.Create(
            CultureInfo.InvariantCulture,
            $"table={Bytes(0):F0} indexes={Bytes(1):F0} sum={now:F0} predecessor_table={Bytes(2):F0} predecessor_indexes={Bytes(3):F0} predecessor_sum={then:F0} ratio={now / then:F2}"));
    }

    /// <summary>Times of one way to ask one question.</summary>
    private sealed class Times(int process)
    {
        private readonly List<double> _millis = [];
        private double _ticks;

        public double Median => Percentile(0.5);

        public double CpuMs => _ticks * MillisPerTick / _millis.Count;

        public void Begin() => _ticks = -Ticks();

        public void Add(double millis) => _millis.Add(millis);

        public void End()
        {
            _ticks += Ticks();
            _millis.Sort();
        }

        public string Text(string prefix) => string.Create(
            CultureInfo.InvariantCulture, $"{prefix}p50_ms={Median:F2} {prefix}p95_ms={Percentile(0.95):F2} {prefix}cpu_ms={CpuMs:F2}{(prefix.Length == 0 ? $" asked={_millis.Count}" : "")}");

        private double Percentile(double share) => _millis[Math.Min(_millis.Count - 1, (int)(share * _millis.Count))];

        private double Ticks()
        {
            // The fields behind the program's name in parentheses; user and system time are the 12th and 13th of them.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture);
        }
    }
}
