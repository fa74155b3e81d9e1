using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

public sealed class PayloadSignalTests
{
    private static readonly Signal[] s_signals = [Signal.Traces, Signal.Logs, Signal.Metrics];

    [Fact]
    public void JSON_of_another_signal_is_a_dead_letter_that_says_so()
    {
        var value = """{"resourceLogs":[]}"""u8.ToArray();

        Assert.Equal("wrong_signal", Refusal(DecodeValue(Signal.Traces, value, null), value).Reason);
    }

    [Fact]
    public void Every_real_payload_is_of_its_signal_and_of_no_other()
    {
        foreach (var file in Directory.GetFiles(Corpus(""), "*.pb"))
        {
            AssertOnly(SignalOf(file), File.ReadAllBytes(file));
        }
    }

    [Fact]
    public void A_random_valid_payload_is_never_refused()
    {
        // Every field set or not, ids and times too, and in any length.
        var random = new Random(11);
        for (var round = 0; round < 4000; round++)
        {
            var item = random.Next(3) switch
            {
                0 => (Signal.Traces, Traces("shop", Fill(new Span(), random)).ToByteArray()),
                1 => (Signal.Logs, Logs("shop", Fill(new LogRecord(), random)).ToByteArray()),
                _ => (Signal.Metrics, Metrics("shop", Fill(new Metric(), random)).ToByteArray()),
            };
            SignalCheck.Check(item.Item1, item.Item2);
        }
    }

    [Fact]
    public void A_payload_with_what_is_mandatory_is_refused_as_any_other_signal()
    {
        var random = new Random(12);
        for (var round = 0; round < 1500; round++)
        {
            AssertOnly(Signal.Traces, Traces("shop", Fill(NewSpan(), random, s =>
            {
                (s.TraceId, s.SpanId) = (ByteString.CopyFrom(TraceId), ByteString.CopyFrom(SpanId));
                (s.StartTimeUnixNano, s.EndTimeUnixNano) = (1 + (ulong)random.NextInt64(), (ulong)random.NextInt64());
            })).ToByteArray());
            AssertOnly(Signal.Logs, Logs("shop", Fill(new LogRecord(), random, r =>
                (r.TimeUnixNano, r.ObservedTimeUnixNano) = round % 3 == 0 ? (0, 1 + (ulong)random.NextInt64()) : (1 + (ulong)random.NextInt64(), r.ObservedTimeUnixNano))).ToByteArray());
            AssertOnly(Signal.Metrics, Metrics("shop", Fill(new Metric(), random, m =>
            {
                // A name and a description as long as ids, too.
                (m.Name, m.Description) = round % 2 == 0 ? ("http.server.time", "duration") : ($"m{round}", m.Description);
                switch (round % 5)
                {
                    case 0:
                        m.Gauge = new() { DataPoints = { Fill(new NumberDataPoint(), random, p => p.TimeUnixNano = 1) } };
                        break;
                    case 1:
                        m.Sum = new() { DataPoints = { Fill(new NumberDataPoint(), random, p => p.TimeUnixNano = 1) } };
                        break;
                    case 2:
                        m.Histogram = new() { DataPoints = { Fill(new HistogramDataPoint(), random, p => p.TimeUnixNano = 1) } };
                        break;
                    case 3:
                        m.ExponentialHistogram = new() { DataPoints = { Fill(new ExponentialHistogramDataPoint(), random, p => p.TimeUnixNano = 1) } };
                        break;
                    default:
                        m.Summary = new() { DataPoints = { Fill(new SummaryDataPoint(), random, p => p.TimeUnixNano = 1) } };
                        break;
                }
            })).ToByteArray());
        }
    }

    [Fact]
    public void The_dead_letter_says_what_the_payload_looks_like()
    {
        var payload = File.ReadAllBytes(Corpus("node-proto-logs-0206.pb"));
        var (reason, error) = Refusal(Decode(Signal.Traces, payload), payload);
        Assert.Equal("wrong_signal", reason);
        Assert.Contains("cannot be traces: it looks like logs.", error, StringComparison.Ordinal);

        // The letter holds the value as it is in Kafka.
        var value = PayloadCodecs.Compress("zstd", payload);
        Assert.Equal("wrong_signal", Refusal(DecodeValue(Signal.Metrics, value, null), value).Reason);
    }

    [Fact]
    public void Something_that_is_no_telemetry_is_refused_without_a_guess()
    {
        // Protobuf of somebody else: field 1 as a varint, field 2 as fixed32.
        var payload = Field(1, Field(2, Field(2, [0x08, 1, 0x15, 1, 2, 3, 4])));
        foreach (var signal in s_signals)
        {
            var (reason, error) = Refusal(Decode(signal, payload), payload);
            Assert.Equal("wrong_signal", reason);
            Assert.DoesNotContain("looks like", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_item_that_tells_nothing_leaves_it_to_the_next()
    {
        // A log record of nothing but a body could be a span with a name.
        var body = new LogRecord { Body = Value("text") };
        var payload = Logs("shop", body, new LogRecord(), body, new LogRecord { TimeUnixNano = 1, Body = Value("text") }).ToByteArray();
        AssertOnly(Signal.Logs, payload);
        var empty = Logs("shop").ToByteArray();
        foreach (var signal in s_signals)
        {
            SignalCheck.Check(signal, empty);
        }
    }

    [Fact]
    public void Looking_allocates_nothing()
    {
        foreach (var file in Directory.GetFiles(Corpus(""), "*.pb"))
        {
            var payload = File.ReadAllBytes(file);
            SignalCheck.Check(SignalOf(file), payload);
            var before = GC.GetAllocatedBytesForCurrentThread();
            SignalCheck.Check(SignalOf(file), payload);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static void AssertOnly(Signal signal, byte[] payload)
    {
        SignalCheck.Check(signal, payload);
        foreach (var other in s_signals.Where(s => s != signal))
        {
            var refused = Assert.Throws<RefusedPayloadException>(() => SignalCheck.Check(other, payload));
            Assert.Equal(DeadLetterReason.WrongSignal, refused.Reason);
            Assert.Contains($"looks like {signal.ToString().ToLowerInvariant()}", refused.Message, StringComparison.Ordinal);
        }
    }

    // Sets about half of a message's fields to something, those of its parts too.
    private static T Fill<T>(T message, Random random, Action<T>? then = null)
        where T : IMessage
    {
        Fill(message, random, 0);
        then?.Invoke(message);
        return message;
    }

    private static void Fill(IMessage message, Random random, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(_ => random.Next(2) == 0))
        {
            if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var i = random.Next(3); i > 0; i--)
                {
                    if (Random(field, random, depth) is { } item)
                    {
                        list.Add(item);
                    }
                }
            }
            else if (Random(field, random, depth) is { } value)
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }

    private static object? Random(FieldDescriptor field, Random random, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Message when depth > 3:
                return null;
            case FieldType.Message:
                var part = field.MessageType.Parser.ParseFrom([]);
                Fill(part, random, depth + 1);
                return part;
            case FieldType.String:
                return new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(1, 0x300))]);
            case FieldType.Bytes:
                var bytes = new byte[random.Next(3) switch { 0 => 16, 1 => 8, _ => random.Next(20) }];
                random.NextBytes(bytes);
                return ByteString.CopyFrom(bytes);
            case FieldType.Enum:
                var values = field.EnumType.Values;
                return values[random.Next(values.Count)].Number;
            case FieldType.Bool:
                return random.Next(2) == 0;
            case FieldType.Double:
                return random.NextDouble() * random.Next();
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                return random.Next(-1000, 1000);
            case FieldType.UInt32 or FieldType.Fixed32:
                return (uint)random.Next();
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                return random.NextInt64();
            case FieldType.UInt64 or FieldType.Fixed64:
                return (ulong)random.NextInt64();
            default:
                throw new InvalidOperationException(field.FieldType.ToString());
        }
    }
}
