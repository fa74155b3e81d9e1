using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Sql;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>What the decoder writes, a real Postgres takes.</summary>
public sealed class PostgresTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Whatever_is_strange_in_a_payload_is_stored()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var deep = Field(1, "x"u8.ToArray());
        for (var i = 0; i < 200; i++)
        {
            deep = Field(5, Field(1, deep));
        }

        var log = new LogRecord { Body = ArrayOf(Value("a\0b"), Value(1.0)), TimeUnixNano = ulong.MaxValue, Attributes = { Attribute("k", Value("\u0001\u007f\uFFFF😀")) } };
        PayloadRecord[] records =
        [
            new(1, TimestampUnixMs, Signal.Traces, Traces("shop", TrapTests.RichSpan(), NewSpan(s => (s.StartTimeUnixNano, s.EndTimeUnixNano) = (ulong.MaxValue, 0))).ToByteArray()),
            new(2, TimestampUnixMs, Signal.Traces, Request("bro\0ken", Join(NewSpan().ToByteArray(), Field(5, [0xFF, 0, 1]), Field(9, Field(1, [0xC3, 0x28]), Field(2, deep))))),
            new(3, TimestampUnixMs, Signal.Logs, Logs(new string('é', 3000), log).ToByteArray()),
            new(4, TimestampUnixMs, Signal.Metrics, Metrics("shop", [.. MetricRowTests.AllKinds(), new() { Name = new string('漢', 2000), Gauge = new() { DataPoints = { new OpenTelemetry.Proto.Metrics.V1.NumberDataPoint() } } }]).ToByteArray()),
            new(5, -1, Signal.Metrics, new byte[] { 0xFF }),
            new(6, TimestampUnixMs, Signal.Traces, Traces("shop", NewSpan(s => s.SpanId = ByteString.Empty)).ToByteArray()),
        ];
        await AssertStoredAsync(sql, NewDecoder().Decode(new("otlp", 0, 1, 1, records)));

        // jsonb keeps the point of a double, and all digits of a time.
        Assert.Equal("[\"a\uFFFDb\", 1.0]", await sql.ScalarAsync<string>("select body_json::text from otel.log_records"));
        Assert.Equal("18446744073709551615", await sql.ScalarAsync<string>("select events->0->>'time' from otel.spans where events is not null"));
        Assert.Equal("18446744073709551615", await sql.ScalarAsync<string>("select max(count)::text from otel.metric_histogram_points"));
        Assert.Equal("10000", await sql.ScalarAsync<string>("select count::text from otel.metric_histogram_points where count between 9000 and 20000"));
        Assert.Equal(2554, await sql.ScalarAsync<int>("select max(extract(year from start_time at time zone 'UTC'))::int from otel.spans"));
    }

    [Fact]
    public async Task The_largest_records_of_the_costliest_kinds_are_stored_in_time()
    {
        // Of 2 bytes an event, which Postgres takes longest to read, and an element of a list.
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var span = NewSpan().ToByteArray();
        var events = Enumerable.Repeat<byte[]>([0x5A, 0], (new DecodingOptions().MaxRecordBytes - span.Length) / 2).SelectMany(e => e).ToArray();
        var list = Field(9, Field(1, "k"u8.ToArray()), Field(2, Field(5, events.Select(b => b == 0 ? b : (byte)0x0A).Skip(100).ToArray())));
        var batches = Decode(Signal.Traces, Request("shop", Join(span, events)), Request("shop", Join(span, list)));
        Assert.Empty(Rows(batches, CopyLayouts.DeadLetters));
        await AssertStoredAsync(sql, batches);
    }

    [Fact]
    public async Task Random_messages_come_back_from_sql_as_they_were_sent()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        List<PayloadRecord> records = [];
        for (var i = 0; i < 400; i++)
        {
            var random = new RandomMessages(i);
            var resource = random.Next<OpenTelemetry.Proto.Resource.V1.Resource>();
            resource.Attributes.Insert(0, Attribute("service.name", Value($"service-{i % 3}")));
            var scope = random.Next<OpenTelemetry.Proto.Common.V1.InstrumentationScope>();
            var traces = new OpenTelemetry.Proto.Trace.V1.ResourceSpans { Resource = resource, ScopeSpans = { new OpenTelemetry.Proto.Trace.V1.ScopeSpans { Scope = scope, SchemaUrl = "a", Spans = { random.Next<OpenTelemetry.Proto.Trace.V1.Span>() } } } };
            var logs = new ResourceLogs { Resource = resource, SchemaUrl = "b", ScopeLogs = { new ScopeLogs { Scope = scope, LogRecords = { random.Next<LogRecord>() } } } };

            // A name of its own for each: of the descriptions of one series the first one stays.
            var metric = random.NextMetric();
            metric.Name = $"metric-{i}";
            var metrics = new OpenTelemetry.Proto.Metrics.V1.ResourceMetrics { Resource = resource, ScopeMetrics = { new OpenTelemetry.Proto.Metrics.V1.ScopeMetrics { Scope = scope, Metrics = { metric } } } };
            records.Add(new(3 * i, TimestampUnixMs, Signal.Traces, new OpenTelemetry.Proto.Trace.V1.TracesData { ResourceSpans = { traces } }.ToByteArray()));
            records.Add(new(3 * i + 1, TimestampUnixMs, Signal.Logs, new LogsData { ResourceLogs = { logs } }.ToByteArray()));
            records.Add(new(3 * i + 2, TimestampUnixMs, Signal.Metrics, new OpenTelemetry.Proto.Metrics.V1.MetricsData { ResourceMetrics = { metrics } }.ToByteArray()));
        }

        await AssertStoredAsync(sql, NewDecoder().Decode(new("otlp", 0, 1, 1, records)));
        Dictionary<CopyLayout, List<RowReader.Row>> rows = [];
        foreach (var layout in CopyLayouts.All.Where(l => l.Role != CopyRole.Flush))
        {
            rows[layout] = RowReader.Parse(layout, await sql.CopyOutAsync(layout));
        }

        var expected = StoredPayload.Sorted(records.SelectMany(r => StoredPayload.Expected(r.Signal, r.Value.ToArray())));
        Assert.True(expected.Count > 1_000);
        Assert.Equal(expected, StoredPayload.Sorted(StoredPayload.Stored(layout => rows[layout])));
    }

    /// <summary>Stores batches, and finds as many rows in each table as were stored there by all calls with the same <paramref name="expected"/>.</summary>
    internal static async Task AssertStoredAsync(SqlDatabase sql, IReadOnlyList<DecodedBatch> batches, Dictionary<short, long>? expected = null)
    {
        await using var writer = sql.NewWriter();
        expected ??= [];
        foreach (var (serviceName, batch, _) in batches)
        {
            var result = await writer.FlushAsync(
                new()
                {
                    ServiceName = serviceName,
                    Moves = [new(batch.Topic, batch.Partition, null, batch.LastOffset + 1)],
                    Dimensions = [.. batch.Dimensions.Select(d => new CopyBlock(d.Layout, d.Bytes, d.Rows))],
                    Blocks = [.. batch.Tables.Select(t => new CopyBlock(t.Layout, t.Bytes.Memory, t.RecordRows.Sum()))],
                },
                TestContext.Current.CancellationToken);
            Assert.Equal((FlushOutcome.Committed, ""), (result.Outcome, result.Reason));
            foreach (var table in batch.Tables)
            {
                expected[table.Layout] = expected.GetValueOrDefault(table.Layout) + table.RecordRows.Sum();
            }
        }

        // A row that Postgres refused would be committed as a dead letter.
        foreach (var layout in CopyLayouts.All.Where(l => l.Role == CopyRole.Data))
        {
            Assert.Equal(expected.GetValueOrDefault(layout.Id), await sql.CountAsync(layout.Table));
        }
    }
}
