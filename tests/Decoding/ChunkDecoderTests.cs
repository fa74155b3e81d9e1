using Google.Protobuf;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class ChunkDecoderTests
{
    [Fact]
    public void A_chunk_becomes_a_batch_per_service_with_the_rows_of_each_record()
    {
        byte[] a = Traces("a", NewSpan(), NewSpan()).ToByteArray(), b = Traces("b", NewSpan()).ToByteArray(), bad = Traces("a", NewSpan(s => s.SpanId = ByteString.Empty)).ToByteArray();
        var batches = Decode(Signal.Traces, a, b, [], Join(b, a), bad);
        Assert.Equal(["a", "b"], batches.Select(x => x.ServiceName));
        var batch = batches[0].Batch;
        Assert.Equal(("otlp", 3, RowBatch.NoOffset), (batch.Topic, batch.Partition, batch.PreviousOffset));
        Assert.Equal([Offset, Offset + 3, Offset + 4], batch.Offsets);
        Assert.Equal([CopyLayouts.Spans.Id, CopyLayouts.DeadLetters.Id], batch.Tables.Select(t => t.Layout));
        Assert.Equal([2, 2, 0], batch.Tables[0].RecordRows);
        Assert.Equal([0, 0, 1], batch.Tables[1].RecordRows);
        Assert.Equal([Offset + 1, Offset + 3], batches[1].Batch.Offsets);
        foreach (var table in batches.SelectMany(x => x.Batch.Tables))
        {
            // Each record's bytes are rows of their own.
            Assert.True(CopyLayouts.TryGet(table.Layout, out var layout));
            var start = 0;
            foreach (var (end, rows) in table.RecordEnds.Zip(table.RecordRows))
            {
                Assert.Equal(rows, RowReader.Parse(layout, table.Bytes.AsSpan(start..end)).Count);
                start = end;
            }

            Assert.Equal(table.Bytes.Length, start);
        }
    }

    [Fact]
    public void A_record_gives_the_same_rows_alone_and_in_any_chunk()
    {
        var payloads = Directory.GetFiles(Corpus(""), "*-traces-*.pb").Order().Select(File.ReadAllBytes).ToArray();
        var decoder = NewDecoder();
        var together = decoder.Decode(Chunk(Signal.Traces, payloads));
        var again = decoder.Decode(Chunk(Signal.Traces, payloads));
        foreach (var (first, second) in together.Zip(again))
        {
            Assert.Equal(first.ServiceName, second.ServiceName);
            Assert.Equal(first.Batch.Tables[0].Bytes, second.Batch.Tables[0].Bytes);
        }

        foreach (var payload in payloads)
        {
            foreach (var alone in Decode(Signal.Traces, payload))
            {
                var table = together.Single(b => b.ServiceName == alone.ServiceName).Batch.Tables[0];
                Assert.True(table.Bytes.AsSpan().IndexOf(alone.Batch.Tables[0].Bytes) >= 0);
            }
        }
    }

    [Fact]
    public void Signals_may_be_mixed_in_a_chunk()
    {
        PayloadRecord[] records =
        [
            new(1, 0, Signal.Traces, Traces("a", NewSpan()).ToByteArray()),
            new(2, 0, Signal.Logs, Logs("a", new OpenTelemetry.Proto.Logs.V1.LogRecord()).ToByteArray()),
            new(3, -1, (Signal)9, [1]),
        ];
        var batches = NewDecoder().Decode(new("otlp", 0, 1, 1, records));
        Assert.Equal([CopyLayouts.Spans.Id, CopyLayouts.LogRecords.Id], batches[0].Batch.Tables.Select(t => t.Layout));
        var letter = Assert.Single(Rows(batches, CopyLayouts.DeadLetters));
        Assert.Equal("unknown", letter["signal"]);
        Assert.Null(letter["record_time"]);
    }

    [Theory]
    [InlineData("dotnet-frontend-traces-0005.pb", Signal.Traces)]
    [InlineData("node-proto-traces-0233.pb", Signal.Traces)]
    [InlineData("dotnet-cart-logs-0156.pb", Signal.Logs)]
    [InlineData("node-proto-logs-0206.pb", Signal.Logs)]
    [InlineData("dotnet-cart-metrics-0155.pb", Signal.Metrics)]
    [InlineData("node-proto-metrics-0204.pb", Signal.Metrics)]
    public void Nothing_is_allocated_but_what_is_handed_out(string file, Signal signal)
    {
        var chunk = Chunk(signal, File.ReadAllBytes(Corpus(file)), File.ReadAllBytes(Corpus(file)));
        var decoder = NewDecoder();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        for (var i = 0; i < 3; i++)
        {
            foreach (var dimension in decoder.Decode(chunk).SelectMany(b => b.Dimensions))
            {
                dimension.MarkDurable(time);
            }
        }

        // The least of some: a garbage collection of a test beside this one can charge a thread for what it had not used yet.
        IReadOnlyList<DecodedBatch> batches = [];
        var allocated = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            batches = decoder.Decode(chunk);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // The budget: the bytes of the rows; per table 3 arrays of 8 bytes per record and 24 of their own, and an object; per service two objects and three arrays; the list.
        var rows = 0L;
        var budget = 64L;
        foreach (var batch in batches)
        {
            budget += 256 + 8 * batch.Batch.Offsets.Length;
            foreach (var table in batch.Batch.Tables)
            {
                budget += 160 + table.Bytes.Length + 8 * table.RecordEnds.Length;
                rows += table.RecordRows.Sum();
            }
        }

        Assert.True(rows > 10);
        Assert.True(allocated <= budget, $"{allocated} bytes allocated for {rows} rows, {budget} allowed");
    }
}
