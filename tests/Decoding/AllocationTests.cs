using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Json;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>What decoding allocates once it is warm and arrays come back, as they do when rows are stored.</summary>
public sealed class AllocationTests
{
    // Objects and small arrays of a batch, a table in it and a record in that; the list of the batches.
    private const int BytesPerBatch = 256;
    private const int BytesPerTable = 160;
    private const int BytesPerRecord = 16;
    private const int BytesPerChunk = 64;

    [Theory]
    [InlineData("dotnet-frontend-traces-0005.pb")]
    [InlineData("node-proto-traces-0233.pb")]
    [InlineData("node-json-traces-0267.json")]
    [InlineData("dotnet-cart-logs-0156.pb")]
    [InlineData("node-proto-logs-0206.pb")]
    [InlineData("node-json-logs-0237.json")]
    [InlineData("dotnet-cart-metrics-0155.pb")]
    [InlineData("node-proto-metrics-0204.pb")]
    [InlineData("node-json-metrics-0235.json")]
    public void A_record_more_allocates_nothing(string file)
    {
        // Twice as many spans, log records or points in as many batches: two requests in protobuf, one after the other, are one.
        var payload = File.ReadAllBytes(Corpus(file));
        byte[] twice = file.EndsWith(".json", StringComparison.Ordinal) ? JsonPayloads.TwiceAsLong(payload) : [.. payload, .. payload];
        var (allocated, batches, rows) = Allocations(Chunk(SignalOf(file), payload));
        var (allocatedForTwice, batchesOfTwice, rowsOfTwice) = Allocations(Chunk(SignalOf(file), twice));
        Assert.Equal((batches, 2 * rows), (batchesOfTwice, rowsOfTwice));
        Assert.True(rows > 0);
        Assert.Equal(allocated, allocatedForTwice);
    }

    [Theory]
    [InlineData("dotnet-frontend-traces-0005.pb")]
    [InlineData("node-json-traces-0267.json")]
    [InlineData("dotnet-cart-logs-0156.pb")]
    [InlineData("node-json-logs-0237.json")]
    [InlineData("dotnet-cart-metrics-0155.pb")]
    [InlineData("node-json-metrics-0235.json")]
    public void A_batch_allocates_some_hundred_bytes(string file)
    {
        var payload = File.ReadAllBytes(Corpus(file));
        var chunk = Chunk(SignalOf(file), payload, payload);
        var budget = (long)BytesPerChunk;
        foreach (var batch in NewDecoder().Decode(chunk))
        {
            budget += BytesPerBatch + batch.Batch.Tables.Sum(t => BytesPerTable + BytesPerRecord * t.RecordEnds.Length);
        }

        Assert.InRange(Allocations(chunk).Bytes, 1, budget);
    }

    private static (long Bytes, int Batches, int Rows) Allocations(PayloadChunk chunk)
    {
        var arrays = new RowArrayPool();
        using var decoder = new ChunkDecoder(new DimensionCache(), TimeProvider.System, arrays: arrays);

        // The least of some: the first ones warm up, and a garbage collection of a test beside this one can charge a thread for what it had not used yet.
        var allocated = long.MaxValue;
        var (batches, rows) = (0, 0);
        for (var i = 0; i < 10; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var decoded = decoder.Decode(chunk);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
            (batches, rows) = (decoded.Count, decoded.Sum(b => b.Batch.Tables.Sum(t => t.RecordRows.Sum())));
            foreach (var batch in decoded)
            {
                foreach (var dimension in batch.Dimensions)
                {
                    dimension.MarkDurable(TimeProvider.System);
                }

                foreach (var table in batch.Batch.Tables)
                {
                    arrays.Return(table.Bytes.Array);
                }
            }
        }

        return (allocated, batches, rows);
    }
}
