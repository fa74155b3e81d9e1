using Google.Protobuf;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Silo;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Audit;

/// <summary>What a silo process stored of a mixed load: real payloads, records of three services, poison, bad spans, and records with nothing in them. Each test takes a copy.</summary>
public sealed class AuditedDatabase(PostgresFixture postgres) : IAsyncLifetime
{
    /// <summary>Sent so often: records of several silo sessions, flushes and partitions.</summary>
    private const int Rounds = 5;

    private PostgresOptions _stored = null!;

    public static long Records => (CorpusFiles.Protobuf.Count + 6) * Rounds;

    /// <summary>An empty value, and a message without spans.</summary>
    public static long EmptyRecords => 2 * Rounds;

    /// <summary>No OTLP, and a payload with nothing but a bad span.</summary>
    public static long DeadRecords => 2 * Rounds;

    public async ValueTask InitializeAsync()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        _stored = bench.Postgres;
        List<string> files = [.. CorpusFiles.Protobuf, .. Special.Select(s => bench.File(s.Name, s.Content))];
        for (var round = 0; round < Rounds; round++)
        {
            // The first silos are killed, so that records are read again; the last one ends in order.
            await using var silo = bench.StartSilo(("CLUSTER_ID", $"audit{round}"), ("BATCH_SIZE", "100"));
            await bench.ProduceAsync(files);
            if (round < Rounds - 1)
            {
                await bench.SomethingStoredAsync();
                await silo.KillAsync();
            }
            else
            {
                await bench.ResumePointsAtAsync(Records);
                Assert.Equal(0, await silo.TerminateAsync());
            }
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The verb, run against a copy on which these statements were run before.</summary>
    public async Task<(int ExitCode, string Output)> AuditAsync(string? sql = null, params string[] arguments)
    {
        var copy = await CopyAsync();
        if (sql is not null)
        {
            await copy.ExecuteAsync(sql);
        }

        return await copy.RunAsync(["audit", .. arguments]);
    }

    public async Task<DatabaseCopy> CopyAsync() => new(await postgres.CopyDatabaseAsync(_stored));

    private static (string Name, byte[] Content)[] Special =>
    [
        ("0-traces-of-three.pb", Traces("red", NewSpan()).MergedWith(Traces("green", NewSpan(), NewSpan())).MergedWith(Traces("blue", NewSpan(), NewSpan(), NewSpan())).ToByteArray()),
        ("1-traces-poison.pb", "this is no protobuf"u8.ToArray()),
        ("2-traces-one-bad-span.pb", Traces("red", NewSpan(), NewSpan(s => s.SpanId = ByteString.CopyFrom(1, 2))).ToByteArray()),
        ("3-traces-only-a-bad-span.pb", Traces("green", NewSpan(s => s.SpanId = ByteString.CopyFrom(1, 2))).ToByteArray()),
        ("4-logs-empty.pb", []),
        ("5-traces-without-spans.pb", Traces("red").ToByteArray()),
    ];
}

internal static class TracesDataExtensions
{
    public static TracesData MergedWith(this TracesData data, TracesData other)
    {
        data.MergeFrom(other);
        return data;
    }
}
