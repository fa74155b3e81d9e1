using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class LosslessTests
{
    [Fact]
    public void Rows_that_keep_their_original_are_counted_by_reason()
    {
        var counts = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == GrainsTelemetry.MeterName && instrument.Name == "otelorleans.decode.lossless")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counts.AddOrUpdate((string)tags[0].Value!, value, (_, sum) => sum + value));
        listener.Start();
        var span = NewSpan(s => s.Attributes.AddRange([Attribute("k", Value("\0")), Attribute("k", Value(double.NaN))]));
        var log = new LogRecord { TraceId = ByteString.CopyFrom(new byte[16]), Body = new() { BytesValue = ByteString.CopyFrom(1) } };
        var point = new NumberDataPoint { Flags = 1, AsInt = 5 };
        Decode(Signal.Traces, Traces("shop", span, span, NewSpan()).ToByteArray());
        Decode(Signal.Logs, Logs("shop", log).ToByteArray());
        Decode(Signal.Metrics, Metrics("shop", new Metric { Name = new string('m', 2_000), Gauge = new() { DataPoints = { point } } }).ToByteArray());

        // Other tests count, too.
        Assert.All(["nul", "not_finite", "repeated_key"], reason => Assert.InRange(counts[reason], 2, long.MaxValue));
        Assert.All(["zero_id", "bytes_value", "not_recorded", "too_long"], reason => Assert.InRange(counts[reason], 1, long.MaxValue));
    }

    [Fact]
    public void A_refused_payload_counts_no_row()
    {
        var buffer = new CopyRowBuffer();
        var mark = buffer.CurrentMark;
        buffer.BeginRow(CopyLayouts.Spans);
        buffer.MarkLossy(CopyLosses.Nul);
        buffer.WriteLossless([1]);
        Assert.Single(buffer.LossyRows);
        buffer.TruncateTo(mark);
        Assert.Empty(buffer.LossyRows);
        buffer.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(500)]
    public void A_repeated_key_is_found_wherever_it_stands(int count)
    {
        // Keys that end alike, and some that share a bit with others.
        var keys = Enumerable.Range(0, count).Select(i => $"{i}.some.common.ending").ToArray();
        Assert.Null(SpanRow(Traces("shop", NewSpan(s => s.Attributes.AddRange(keys.Select(k => Attribute(k, Value(1)))))).ToByteArray())["lossless"]);
        for (var again = 0; again < count; again += Math.Max(1, count / 10))
        {
            var span = NewSpan(s => s.Attributes.AddRange([.. keys.Select(k => Attribute(k, Value(1))), Attribute(keys[again], Value(2))]));
            Assert.Equal(span.ToByteArray(), SpanRow(Traces("shop", span).ToByteArray()).Bytes("lossless"));
        }
    }
}
