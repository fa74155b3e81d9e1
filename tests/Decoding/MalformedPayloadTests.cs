using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class MalformedPayloadTests
{
    [Fact]
    public void A_malformed_payload_is_one_dead_letter_and_nothing_else()
    {
        // Two good services come first; the third cuts off.
        byte[] payload = Join(Traces("a", NewSpan()).ToByteArray(), Traces("b", NewSpan()).ToByteArray(), [0x0A, 0x7F, 1]);
        var batch = Assert.Single(Decode(Signal.Traces, payload));
        Assert.Equal("unknown_service", batch.ServiceName);
        Assert.Equal(CopyLayouts.DeadLetters.Id, Assert.Single(batch.Batch.Tables).Layout);
        Assert.Empty(batch.Batch.Dimensions);
        Assert.Empty(batch.Dimensions);
        Assert.Equal([Offset], batch.Batch.Offsets);
        var letter = Assert.Single(RowReader.Of(batch.Batch, CopyLayouts.DeadLetters));
        Assert.Equal("otlp", letter["topic"]);
        Assert.Equal(3, letter["partition"]);
        Assert.Equal(Offset, letter["offset"]);
        Assert.Null(letter["item_index"]);
        Assert.Equal(TimestampUnixMs * 1000 - 946_684_800_000_000, letter["record_time"]);
        Assert.Equal("traces", letter["signal"]);
        Assert.Equal("malformed_payload", letter["reason"]);
        Assert.Null(letter["sqlstate"]);
        Assert.NotEmpty(letter.Text("error")!);
        Assert.Equal(payload, letter.Bytes("payload"));
    }

    [Fact]
    public void Good_records_around_a_malformed_one_are_not_touched()
    {
        byte[] good = Traces("a", NewSpan()).ToByteArray(), bad = Join(good, [0x0A, 0x7F]);
        var batches = Decode(Signal.Traces, good, bad, good);
        Assert.Equal(["a", "unknown_service"], batches.Select(b => b.ServiceName));
        Assert.Equal([Offset, Offset + 2], batches[0].Batch.Offsets);
        Assert.Equal([Offset + 1], batches[1].Batch.Offsets);
        Assert.Equal(2, RowReader.Of(batches[0].Batch, CopyLayouts.Spans).Count);
        Assert.Equal(2, batches[0].Batch.Dimensions.Sum(d => d.Rows));
    }

    [Theory]
    [InlineData(0, 8, 0)]
    [InlineData(15, 8, 0)]
    [InlineData(17, 8, 0)]
    [InlineData(32, 8, 8)]
    [InlineData(16, 0, 0)]
    [InlineData(16, 9, 0)]
    [InlineData(16, 8, 7)]
    [InlineData(16, 8, 16)]
    public void A_span_with_an_id_of_wrong_length_is_a_dead_letter_alone(int traceId, int spanId, int parentSpanId)
    {
        var bad = NewSpan(s => (s.TraceId, s.SpanId, s.ParentSpanId) = (ByteString.CopyFrom(new byte[traceId]), ByteString.CopyFrom(new byte[spanId]), ByteString.CopyFrom(new byte[parentSpanId])));
        var payload = Join(Traces("first", NewSpan()).ToByteArray(), Traces("shop", NewSpan(), bad, NewSpan()).ToByteArray());
        var batch = Decode(Signal.Traces, payload).Single(b => b.ServiceName == "shop");
        Assert.Equal(2, RowReader.Of(batch.Batch, CopyLayouts.Spans).Count);
        var letter = Assert.Single(RowReader.Of(batch.Batch, CopyLayouts.DeadLetters));
        Assert.Equal(2, letter["item_index"]);
        Assert.Equal("invalid_id", letter["reason"]);
        Assert.Equal(Traces("shop", bad).ToByteArray(), letter.Bytes("payload"));
    }

    [Fact]
    public void Ids_of_nothing_but_zeros_are_kept()
    {
        var span = NewSpan(s => (s.TraceId, s.SpanId, s.ParentSpanId) = (ByteString.CopyFrom(new byte[16]), ByteString.CopyFrom(new byte[8]), ByteString.CopyFrom(new byte[8])));
        RowAssert.Span(span, SpanRow(Traces("shop", span).ToByteArray()));
    }

    [Theory]
    [InlineData(Signal.Traces, "node-proto-traces-0233.pb", 97)]
    [InlineData(Signal.Logs, "node-proto-logs-0206.pb", 61)]
    [InlineData(Signal.Metrics, "node-proto-metrics-0204.pb", 1)]
    [InlineData(Signal.Metrics, "dotnet-cart-metrics-0155.pb", 7)]
    public void A_real_payload_cut_anywhere_is_refused_where_the_oracle_refuses_it(Signal signal, string file, int step)
    {
        var payload = File.ReadAllBytes(Corpus(file));
        for (var length = 1; length < payload.Length; length += step)
        {
            AssertAgrees(signal, payload[..length]);
        }
    }

    [Theory]
    [InlineData(Signal.Traces)]
    [InlineData(Signal.Logs)]
    [InlineData(Signal.Metrics)]
    public void A_payload_cut_at_every_byte_is_refused_where_the_oracle_refuses_it(Signal signal)
    {
        // With the bytes of real SDKs, of a few items: JSON is cut so in JsonRobustnessTests.
        foreach (var file in Directory.GetFiles(Corpus(""), "*.pb").Where(f => SignalOf(f) == signal))
        {
            var payload = Mutations.Small(File.ReadAllBytes(file));
            for (var length = 1; length < payload.Length; length++)
            {
                AssertAgrees(signal, payload[..length]);
            }
        }
    }

    [Fact]
    public void A_span_cut_anywhere_within_is_refused_where_the_oracle_refuses_it()
    {
        // Lengths around the cut are right, so that the cut is met by the reader of the innermost message.
        var span = NewSpan(s =>
        {
            s.Attributes.Add(Attribute("k", ArrayOf(Value(1), Value("two"))));
            s.Events.Add(new Span.Types.Event { Name = "e", TimeUnixNano = 1, Attributes = { Attribute("a", Value(1.5)) } });
            s.Links.Add(new Span.Types.Link { TraceId = s.TraceId, SpanId = s.SpanId, Attributes = { Attribute("a", Value("b")) } });
            s.Status = new() { Message = "m", Code = Status.Types.StatusCode.Error };
            s.Flags = 1;
        }).ToByteArray();
        for (var length = 0; length < span.Length; length++)
        {
            AssertAgrees(Signal.Traces, Request("shop", span[..length]));
        }

        foreach (var field in Fields(span).Where(f => f[0] is 0x4A or 0x5A or 0x6A or 0x7A))
        {
            for (var length = 0; length < field.Length - 2; length++)
            {
                AssertAgrees(Signal.Traces, Request("shop", Join(NewSpan().ToByteArray(), Field(field[0] >> 3, field[2..(2 + length)]))));
            }
        }
    }

    private static void AssertAgrees(Signal signal, byte[] payload)
    {
        bool isAccepted;
        try
        {
            _ = signal switch
            {
                Signal.Traces => (IMessage)TracesData.Parser.ParseFrom(payload),
                Signal.Logs => LogsData.Parser.ParseFrom(payload),
                _ => MetricsData.Parser.ParseFrom(payload),
            };
            isAccepted = true;
        }
        catch (InvalidProtocolBufferException)
        {
            isAccepted = false;
        }

        var batches = Decode(signal, payload);
        Assert.Equal(isAccepted, !Rows(batches, CopyLayouts.DeadLetters).Any(l => l.Text("reason") == DeadLetterReason.MalformedPayload));
    }
}
