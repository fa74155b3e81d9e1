using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Json;
using OtelOrleans.Tests.Sql;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Every payload of the corpus, or of another folder (<c>make fuzz CORPUS=folder</c>): read back from its rows it is what Google.Protobuf reads, and Postgres takes the rows.</summary>
public sealed class WholeCorpusTests(PostgresFixture postgres)
{
    // Records of a chunk, and of a transaction: as many as a poll may have.
    private const int ChunkRecords = 50;

    public static TheoryData<string> ProtobufFiles => [.. CorpusFiles.Protobuf];

    public static TheoryData<string> JsonFiles => [.. CorpusFiles.Json];

    [Theory, MemberData(nameof(ProtobufFiles))]
    public void Rows_say_what_the_oracle_reads(string file)
    {
        var payload = File.ReadAllBytes(file);
        AssertSame(CorpusFiles.SignalOf(file)!.Value, payload, Decode(CorpusFiles.SignalOf(file)!.Value, payload));
    }

    [Theory, MemberData(nameof(JsonFiles))]
    public void Rows_of_json_say_what_the_oracle_reads_and_are_those_of_its_protobuf(string file)
    {
        var signal = CorpusFiles.SignalOf(file)!.Value;
        var json = File.ReadAllBytes(file);
        var protobuf = JsonOracle.Parse(signal, json).ToByteArray();
        var batches = Decode(signal, json);
        AssertSame(signal, protobuf, batches);
        PayloadEncodingTests.AssertSame(Decode(signal, protobuf), batches);
    }

    [Fact]
    public async Task Every_row_is_stored()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        using var decoder = NewDecoder();
        var partition = 0;
        Dictionary<short, long> stored = [];
        foreach (var files in CorpusFiles.Protobuf.Concat(CorpusFiles.Json).Chunk(ChunkRecords))
        {
            PayloadRecord[] records = [.. files.Select((f, i) => new PayloadRecord(i, TimestampUnixMs, CorpusFiles.SignalOf(f)!.Value, File.ReadAllBytes(f)))];
            await PostgresTests.AssertStoredAsync(sql, decoder.Decode(new("otlp", partition++, 1, 1, records)), stored);
        }

        TestContext.Current.SendDiagnosticMessage(string.Join(", ", CopyLayouts.All.Where(l => stored.ContainsKey(l.Id)).Select(l => $"{stored[l.Id]} {l.Table}")) + " stored");
        Assert.False(stored.ContainsKey(CopyLayouts.DeadLetters.Id));
    }

    private static void AssertSame(Signal signal, byte[] payload, IReadOnlyList<DecodedBatch> batches)
    {
        Assert.Equal(StoredPayload.Sorted(StoredPayload.Expected(signal, payload)), StoredPayload.Sorted(StoredPayload.Stored(batches)));
        Assert.Empty(Rows(batches, CopyLayouts.DeadLetters));
        Assert.Equal(Services(signal, payload).Order(StringComparer.Ordinal), batches.Select(b => b.ServiceName).Order(StringComparer.Ordinal));
    }

    // Those that have items.
    private static IEnumerable<string> Services(Signal signal, byte[] payload)
    {
        IEnumerable<Resource> resources = signal switch
        {
            Signal.Traces => TracesData.Parser.ParseFrom(payload).ResourceSpans.Where(r => r.ScopeSpans.Any(s => s.Spans.Count > 0)).Select(r => r.Resource),
            Signal.Logs => LogsData.Parser.ParseFrom(payload).ResourceLogs.Where(r => r.ScopeLogs.Any(s => s.LogRecords.Count > 0)).Select(r => r.Resource),
            _ => MetricsData.Parser.ParseFrom(payload).ResourceMetrics.Where(r => r.ScopeMetrics.Any(s => s.Metrics.Any(m => m.DataCase != Metric.DataOneofCase.None))).Select(r => r.Resource),
        };
        return resources.Select(r => r?.Attributes.LastOrDefault(a => a.Key == "service.name")?.Value.StringValue is { Length: > 0 } name ? name : ServiceNames.Unknown).Distinct();
    }
}
