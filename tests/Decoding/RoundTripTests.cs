using CsCheck;
using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>A message that the oracle wrote is, after bytes and rows, the same message again: thousands of random ones of each kind, every field set and unset.</summary>
public sealed class RoundTripTests
{
    private const int Messages = 3_000;

    [Fact]
    public void A_span_comes_back_as_it_was_sent() => Sample(Signal.Traces, random => Traces("shop", random.Next<Span>()));

    [Fact]
    public void A_log_record_comes_back_as_it_was_sent() => Sample(Signal.Logs, random => Logs("shop", random.Next<LogRecord>()));

    [Fact]
    public void A_gauge_comes_back_as_it_was_sent() => SampleMetric((metric, random) => metric.Gauge = new() { DataPoints = { random.Next<NumberDataPoint>() } });

    [Fact]
    public void A_sum_comes_back_as_it_was_sent() => SampleMetric((metric, random) =>
    {
        metric.Sum = random.Next<Sum>();
        KeepOne(metric.Sum.DataPoints, random);
    });

    [Fact]
    public void A_histogram_comes_back_as_it_was_sent() => SampleMetric((metric, random) =>
    {
        metric.Histogram = random.Next<Histogram>();
        KeepOne(metric.Histogram.DataPoints, random);
    });

    [Fact]
    public void An_exponential_histogram_comes_back_as_it_was_sent() => SampleMetric((metric, random) =>
    {
        metric.ExponentialHistogram = random.Next<ExponentialHistogram>();
        KeepOne(metric.ExponentialHistogram.DataPoints, random);
    });

    [Fact]
    public void A_summary_comes_back_as_it_was_sent() => SampleMetric((metric, random) => metric.Summary = new() { DataPoints = { random.Next<SummaryDataPoint>() } });

    [Fact]
    public void A_resource_and_its_schema_come_back_as_they_were_sent() => Sample(Signal.Traces, random =>
    {
        var envelope = new ResourceSpans { Resource = random.Next<Resource>(), SchemaUrl = random.Next<EntityRef>().SchemaUrl };
        envelope.ScopeSpans.Add(new ScopeSpans { Spans = { NewSpan() } });
        return new TracesData { ResourceSpans = { envelope } };
    });

    [Fact]
    public void A_scope_and_its_schema_come_back_as_they_were_sent() => Sample(Signal.Logs, random =>
    {
        var envelope = new ScopeLogs { Scope = random.Next<InstrumentationScope>(), SchemaUrl = random.Next<EntityRef>().SchemaUrl, LogRecords = { new LogRecord { SeverityText = "x" } } };
        return new LogsData { ResourceLogs = { new ResourceLogs { Resource = Resource("shop"), ScopeLogs = { envelope } } } };
    });

    private static void SampleMetric(Action<Metric, RandomMessages> data) => Sample(Signal.Metrics, random =>
    {
        var metric = random.Next<Metric>();
        metric.ClearData();
        data(metric, random);
        return Metrics("shop", metric);
    });

    private static void KeepOne<T>(Google.Protobuf.Collections.RepeatedField<T> points, RandomMessages random)
        where T : IMessage<T>, new()
    {
        points.Clear();
        points.Add(random.Next<T>());
    }

    private static void Sample(Signal signal, Func<RandomMessages, IMessage> next)
    {
        var columns = 0;
        Gen.Int.Sample(
            seed =>
            {
                var payload = next(new(seed)).ToByteArray();
                var batches = Decode(signal, payload);
                var expected = Assert.Single(StoredPayload.Expected(signal, payload));
                var stored = Assert.Single(StoredPayload.Stored(batches));
                Assert.Equal(expected.Resource, stored.Resource);
                Assert.Equal(expected.Scope, stored.Scope);
                Assert.Equal(expected.Message, stored.Message);
                if (CopyLayouts.All.Where(l => l.Role == CopyRole.Data && l != CopyLayouts.DeadLetters).SelectMany(l => Rows(batches, l)).All(r => r["lossless"] is null))
                {
                    Interlocked.Increment(ref columns);
                }
            },
            iter: Messages,
            threads: 1);

        // A good part came back from columns, not from an original that was kept.
        Assert.True(columns > Messages / 5, $"{columns} of {Messages} messages came from columns");
    }
}
