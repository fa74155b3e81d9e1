using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Ledger;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Bench;

/// <summary>
/// What it costs Postgres to know which record a span came from: said once per flush (<c>ingest_flushes</c>), or on each row. The same spans go through the same transaction
/// in all ways, in turns; CPU time of the server's process for the connection, and bytes of tables with their indexes.
/// </summary>
internal static class StoreBench
{
    private const int RowsPerTransaction = 5_000;
    private const int Rounds = 40;
    private const int WarmUpRounds = 4;

    // Clock ticks of /proc, 100 a second on every Linux.
    private const double MicrosPerTick = 10_000;

    private static readonly (string Name, int Services, int RowsPerRecord)[] Loads = [("records_of_100", 1, 100), ("records_of_1", 1, 1), ("records_of_1_of_500_services", 500, 1)];

    private static readonly Way[] Ways =
    [
        new("rows_alone", null, IsIndexed: false, SaysFlushes: false),
        new("said_per_flush", null, IsIndexed: false, SaysFlushes: true),
        new("on_each_row", "partition integer, \"offset\" bigint", IsIndexed: false, SaysFlushes: false),
        new("on_each_row_indexed", "partition integer, \"offset\" bigint", IsIndexed: true, SaysFlushes: false),
    ];

    /// <summary>Prints a line per load and way.</summary>
    /// <param name="folder">Holds <c>*-traces*.pb</c>; null: the tests' own corpus.</param>
    /// <param name="output">Where the lines go.</param>
    public static async Task RunAsync(string? folder, TextWriter output)
    {
        var spans = Spans(folder);
        await using var server = await PrivatePostgres.CreateTemporaryAsync(null, CancellationToken.None);
        foreach (var load in Loads)
        {
            var options = await PostgresFixture.CreateDatabaseAsync(server, load.Name);
            options.WriterConnections = Ways.Length;
            await using var database = new PostgresDatabase(options);
            await new SchemaMigrator(database, NullLogger<SchemaMigrator>.Instance).MigrateAsync(CancellationToken.None);
            var runs = new List<Run>();
            foreach (var way in Ways)
                runs.Add(await Run.CreateAsync(database, way, spans, load.Services, load.RowsPerRecord));
            for (var round = -WarmUpRounds; round < Rounds; round++)
            {
                foreach (var run in runs)
                {
                    if (round == 0)
                        run.BeginMeasuring();
                    await run.StoreAsync();
                }
            }

            double? alone = null;
            foreach (var run in runs)
            {
                var (micros, bytes) = (run.MicrosPerRow, await run.BytesPerRowAsync());
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"store_{load.Name}_{run.Way.Name}: cpu_us_per_row={micros:F2} ratio={micros / (alone ??= micros):F3} bytes_per_row={bytes.Rows:F0} audit_bytes_per_row={bytes.Flushes:F1} rows={Rounds * RowsPerTransaction}"));
                await run.DisposeAsync();
            }
        }
    }

    private static List<byte[]> Spans(string? folder)
    {
        using var decoder = new ChunkDecoder(new DimensionCache(), TimeProvider.System);
        var spans = new List<byte[]>();
        foreach (var chunk in BenchDecoding.Chunks(Signal.Traces, BenchPayloads.Load(folder, Signal.Traces)))
        {
            foreach (var table in decoder.Decode(chunk).SelectMany(b => b.Batch.Tables).Where(t => t.Layout == CopyLayouts.Spans.Id))
            {
                for (var rest = table.Bytes.Span; !rest.IsEmpty;)
                {
                    var row = rest[..CopyRows.LengthOf(rest, 1)];
                    spans.Add(row.ToArray());
                    rest = rest[row.Length..];
                }
            }
        }

        return spans;
    }

    private sealed record Way(string Name, string? Columns, bool IsIndexed, bool SaysFlushes);

    private sealed class Run(Way way, NpgsqlConnection connection, List<byte[]> spans, int services, int rowsPerRecord) : IAsyncDisposable
    {
        private readonly string _table = $"otel.{way.Name}";
        private readonly string _columns = CopyLayouts.Spans.ColumnList + (way.Columns is null ? "" : ", partition, \"offset\"");
        private readonly MemoryStream _rows = new();
        private readonly Random _random = new(1);
        private long _offset;
        private double _before;

        public Way Way => way;

        public double MicrosPerRow => (CpuMicros() - _before) / (Rounds * RowsPerTransaction);

        public static async Task<Run> CreateAsync(PostgresDatabase database, Way way, List<byte[]> spans, int services, int rowsPerRecord)
        {
            var run = new Run(way, await database.Writer.OpenConnectionAsync(), spans, services, rowsPerRecord);
            await run.ExecuteAsync($"create table {run._table} (like otel.spans including all)");
            if (way.Columns is not null)
                await run.ExecuteAsync($"alter table {run._table} {string.Join(", ", way.Columns.Split(", ").Select(c => $"add column {c}"))}");
            if (way.IsIndexed)
                await run.ExecuteAsync($"create index on {run._table} (partition, \"offset\")");
            return run;
        }

        public void BeginMeasuring() => _before = CpuMicros();

        public async Task StoreAsync()
        {
            var group = Fill();
            await using var transaction = await connection.BeginTransactionAsync();
            await MoveLedgerAsync(group);
            await CopyAsync($"copy {_table} ({_columns}) from stdin (format binary)", _rows.GetBuffer().AsMemory(0, (int)_rows.Length));
            if (way.SaysFlushes)
            {
                using var flushes = new CopyRowBuffer();
                FlushRows.Write(flushes, group);
                await CopyAsync($"copy otel.ingest_flushes ({CopyLayouts.Flushes.ColumnList}) from stdin (format binary)", flushes.WrittenMemory);
            }

            await transaction.CommitAsync();
        }

        public async Task<(double Rows, double Flushes)> BytesPerRowAsync()
        {
            const double rows = (Rounds + WarmUpRounds) * RowsPerTransaction;
            await using var command = new NpgsqlCommand(
                $"select pg_total_relation_size('{_table}'), (select sum(pg_total_relation_size(inhrelid))::bigint from pg_inherits where inhparent = 'otel.ingest_flushes'::regclass)", connection);
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            return (reader.GetInt64(0) / rows, way.SaysFlushes ? reader.GetInt64(1) / rows : 0);
        }

        public async ValueTask DisposeAsync()
        {
            await connection.DisposeAsync();
            _rows.Dispose();
        }

        /// <summary>The rows of a transaction, each with a trace and span id of its own, and what is said of them.</summary>
        private List<PendingFlush> Fill()
        {
            _rows.SetLength(0);
            var first = _offset;
            var group = new List<PendingFlush>();
            for (var service = 0; service < services; service++)
            {
                var records = new MoveRecords();
                for (var row = 0; row < RowsPerTransaction / services; row++)
                {
                    if (row % rowsPerRecord == 0)
                    {
                        records.Add(++_offset, rowsPerRecord, rowsPerRecord);
                        records.AddRows(CopyLayouts.Spans.Id, rowsPerRecord);
                    }

                    WriteRow(spans[_random.Next(spans.Count)]);
                }

                group.Add(new PendingFlush(new FlushRequest { ServiceName = $"service-{service}", Moves = [new("otlp_spans", 0, first + 1, _offset + 1, records)] }, CancellationToken.None));
            }

            return group;
        }

        private void WriteRow(byte[] row)
        {
            // Count of columns, seven columns of fixed width before the status, then trace and span id in hex.
            const int traceId = 2 + 4 * (4 + 8) + (4 + 4) + 3 * (4 + 2) + 4;
            Span<byte> id = stackalloc byte[24];
            _random.NextBytes(id);
            Convert.ToHexStringLower(id[..16]).AsSpan().ToArray().Select(c => (byte)c).ToArray().CopyTo(row.AsSpan(traceId));
            Convert.ToHexStringLower(id[16..]).AsSpan().ToArray().Select(c => (byte)c).ToArray().CopyTo(row.AsSpan(traceId + 32 + 4));
            if (way.Columns is null)
            {
                _rows.Write(row);
                return;
            }

            Span<byte> coordinates = stackalloc byte[2 + 4 + 4 + 4 + 8];
            BinaryPrimitives.WriteInt16BigEndian(coordinates, (short)(CopyLayouts.Spans.ColumnCount + 2));
            BinaryPrimitives.WriteInt32BigEndian(coordinates[2..], 4);
            BinaryPrimitives.WriteInt32BigEndian(coordinates[6..], 0);
            BinaryPrimitives.WriteInt32BigEndian(coordinates[10..], 8);
            BinaryPrimitives.WriteInt64BigEndian(coordinates[14..], _offset);
            _rows.Write(coordinates[..2]);
            _rows.Write(row.AsSpan(2));
            _rows.Write(coordinates[2..]);
        }

        private async Task MoveLedgerAsync(List<PendingFlush> group)
        {
            await using var command = new NpgsqlCommand(
                """
                insert into otel.ingest_ledger (service_name, topic, partition, next_offset) select s, 'otlp_spans', 0, $2 from unnest($1) s
                on conflict (service_name, topic, partition) do update set next_offset = excluded.next_offset, updated_at = now()
                """,
                connection);
            command.Parameters.Add(new() { Value = group.Select(f => f.Request.ServiceName).Order(StringComparer.Ordinal).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            command.Parameters.Add(new() { Value = _offset });
            await command.ExecuteNonQueryAsync();
        }

        private async Task CopyAsync(string sql, ReadOnlyMemory<byte> rows)
        {
            await using var stream = await connection.BeginRawBinaryCopyAsync(sql);
            await stream.WriteAsync(CopyRows.Header);
            await stream.WriteAsync(rows);
            await stream.WriteAsync(CopyRows.Trailer);
        }

        private async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }

        private double CpuMicros()
        {
            // The fields behind the program's name in parentheses; user and system time are the 12th and 13th of them.
            var stat = File.ReadAllText($"/proc/{connection.ProcessID}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * MicrosPerTick;
        }
    }
}
