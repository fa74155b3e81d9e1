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
                Assert.Equal(rows, RowReader.Parse(layout, table.Bytes.Span[start..end]).Count);
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
            Assert.Equal(first.Batch.Tables[0].Bytes.Memory, second.Batch.Tables[0].Bytes.Memory);
        }

        foreach (var payload in payloads)
        {
            foreach (var alone in Decode(Signal.Traces, payload))
            {
                var table = together.Single(b => b.ServiceName == alone.ServiceName).Batch.Tables[0];
                Assert.True(table.Bytes.Span.IndexOf(alone.Batch.Tables[0].Bytes.Span) >= 0);
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
            new(3, -1, (Signal)9, new byte[] { 1 }),
        ];
        var batches = NewDecoder().Decode(new("otlp", 0, 1, 1, records));
        Assert.Equal([CopyLayouts.Spans.Id, CopyLayouts.LogRecords.Id], batches[0].Batch.Tables.Select(t => t.Layout));
        var letter = Assert.Single(Rows(batches, CopyLayouts.DeadLetters));
        Assert.Equal("unknown", letter["signal"]);
        Assert.Null(letter["record_time"]);
    }
}
