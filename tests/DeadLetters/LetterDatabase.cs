using System.IO.Compression;
using Google.Protobuf;
using Npgsql;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Silo;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.DeadLetters;

/// <summary>What a silo process stored of a load with one dead letter of each kind. Each test takes a copy.</summary>
public sealed class LetterDatabase(PostgresFixture postgres) : IAsyncLifetime
{
    /// <summary>Beyond the limit of that silo, within the usual one; compressed, and its header says so.</summary>
    public const string TooMany = "too_many_records";

    /// <summary>A constraint stands against one of its spans.</summary>
    public const string Refused = "refused_by_postgres";

    /// <summary>A span whose id has two bytes.</summary>
    public const string BadItem = "invalid_id";

    /// <summary>No OTLP.</summary>
    public const string Poison = "malformed_payload";

    public const int SpansOfTooMany = 50;

    private PostgresOptions _stored = null!;

    public static byte[] PoisonPayload => "this is no protobuf"u8.ToArray();

    public static byte[] TooManyPayload { get; } = Gzip(Traces("many", [.. Enumerable.Range(0, SpansOfTooMany).Select(_ => NewSpan())]).ToByteArray());

    public async ValueTask InitializeAsync()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        _stored = bench.Postgres;
        await using var silo = bench.StartSilo(("OTELORLEANS__Decoding__MaxRecordsPerPayload", "10"));
        await silo.WaitReadyAsync();
        await using (var connection = new NpgsqlConnection($"{PostgresFixture.ConnectionString(_stored)};Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("alter table otel.spans add constraint nobody_is_blue check (name <> 'blue')", connection);
            await command.ExecuteNonQueryAsync();
        }

        await bench.ProduceAsync([
            bench.File("traces-good.pb", Traces("good", NewSpan()).ToByteArray()),
            bench.File("traces-refused.pb", Traces("shop", NewSpan(), NewSpan(s => s.Name = "blue")).ToByteArray()),
            bench.File("traces-bad-item.pb", Traces("shop", NewSpan(), NewSpan(s => s.SpanId = ByteString.CopyFrom(1, 2))).ToByteArray()),
            bench.File("traces-poison.pb", PoisonPayload),
        ]);
        await bench.ProduceAsync([bench.File("traces-many.pb", TooManyPayload)], headers: "content-encoding=gzip");
        await bench.ResumePointsAtAsync(5);
        Assert.Equal(0, await silo.TerminateAsync());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public async Task<DatabaseCopy> CopyAsync() => new(await postgres.CopyDatabaseAsync(_stored));

    private static byte[] Gzip(byte[] payload)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(payload);
        }

        return compressed.ToArray();
    }
}
