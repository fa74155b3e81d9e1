using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class LogRowTests
{
    [Fact]
    public void A_log_record_keeps_all_it_holds()
    {
        AnyValue?[] bodies =
        [
            null, new(), Value(""), Value("line \"1\"\n"), Value(5), Value(1.0), new() { BoolValue = true }, ArrayOf(Value("x"), Value(2)),
            new() { KvlistValue = new() { Values = { Attribute("k", Value("v")) } } }, new() { BytesValue = ByteString.CopyFrom(1, 2) },
        ];
        foreach (var body in bodies)
        {
            var record = new LogRecord
            {
                TimeUnixNano = 1_700_000_000_000_000_001,
                ObservedTimeUnixNano = 1_700_000_000_000_001_999,
                SeverityNumber = SeverityNumber.Error3,
                SeverityText = "ERR",
                Body = body,
                Flags = 1,
                TraceId = ByteString.CopyFrom(TraceId),
                SpanId = ByteString.CopyFrom(SpanId),
                EventName = "device.seen",
                DroppedAttributesCount = uint.MaxValue,
                Attributes = { Attribute("a", Value(1)), Attribute("b", Value("two")) },
            };
            RowAssert.LogRecord(record, LogRow(Logs("shop", record).ToByteArray()));
        }
    }

    [Fact]
    public void Without_a_time_the_observed_time_stands_in()
    {
        var record = new LogRecord { ObservedTimeUnixNano = 1_700_000_000_000_001_999 };
        var row = LogRow(Logs("shop", record).ToByteArray());
        RowAssert.LogRecord(record, row);
        Assert.Equal(true, row["time_missing"]);
        Assert.Equal(record.ObservedTimeUnixNano, row.UnixNano("time", "time_ns"));
    }

    [Fact]
    public void Without_any_time_the_record_is_kept_at_the_epoch()
    {
        var row = LogRow(Logs("shop", new LogRecord { Body = Value("x") }).ToByteArray());
        Assert.Equal(0UL, row.UnixNano("time", "time_ns"));
        Assert.Null(row["observed_time"]);
    }

    [Fact]
    public void An_all_zero_id_is_none()
    {
        var row = LogRow(Logs("shop", new LogRecord { TraceId = ByteString.CopyFrom(new byte[16]), SpanId = ByteString.CopyFrom(new byte[8]) }).ToByteArray());
        Assert.Null(row["trace_id"]);
        Assert.Null(row["span_id"]);
    }

    [Fact]
    public void A_body_given_twice_is_merged()
    {
        byte[] one = Field(5, ArrayOf(Value(1)).ToByteArray()), two = Field(5, ArrayOf(Value(2)).ToByteArray());
        Assert.Equal("[1,2]", LogRow(Request("shop", Join(one, two))).Text("body"));
    }

    [Theory]
    [InlineData(15, 8)]
    [InlineData(16, 7)]
    [InlineData(1, 0)]
    [InlineData(0, 9)]
    public void A_log_record_with_an_id_of_wrong_length_is_a_dead_letter_alone(int traceIdLength, int spanIdLength)
    {
        var bad = new LogRecord { TraceId = ByteString.CopyFrom(new byte[traceIdLength]), SpanId = ByteString.CopyFrom(new byte[spanIdLength]) };
        var batches = Decode(Signal.Logs, Logs("shop", new LogRecord(), bad, new LogRecord()).ToByteArray());
        Assert.Equal(2, Rows(batches, CopyLayouts.LogRecords).Count);
        var letter = Assert.Single(Rows(batches, CopyLayouts.DeadLetters));
        Assert.Equal(1, letter["item_index"]);
        Assert.Equal("invalid_id", letter["reason"]);
        Assert.Equal("logs", letter["signal"]);
        Assert.Equal(Logs("shop", bad).ToByteArray(), letter.Bytes("payload"));
    }
}
