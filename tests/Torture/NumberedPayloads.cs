using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Torture;

/// <summary>
/// OTLP whose items carry their numbers: spans and log records in the attribute <see cref="NumberAttribute"/>, data points as their value or sum (an attribute would make a series
/// of each). An item that Postgres is to refuse is named <see cref="RefusedName"/>, a point has a value below zero; <see cref="RefuseThem"/> makes Postgres do it.
/// </summary>
internal sealed class NumberedPayloads(Random random, int padding)
{
    public const string NumberAttribute = "torture.number";
    public const string RefusedName = "torture.refused";

    /// <summary>Constraints that refuse what is marked, on tables that are migrated.</summary>
    public const string RefuseThem = $"""
        alter table otel.spans add constraint torture_refused check (name <> '{RefusedName}');
        alter table otel.log_records add constraint torture_refused check (body <> '{RefusedName}');
        alter table otel.metric_number_points add constraint torture_refused check (value_int >= 0);
        """;

    private const int Services = 7;
    private readonly string _padding = new('x', padding);

    /// <summary>The payload of a record, its items dealt out to so many services.</summary>
    public IMessage Make(SentRecord record, int services)
    {
        var service = random.Next(Services);
        var numbers = Enumerable.Range(record.First, record.Items).ToList();
        var shares = numbers.Chunk((numbers.Count + services - 1) / services).Select((share, i) => (Resource(service + i), share));
        var now = (ulong)(TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        return record.Signal switch
        {
            Signal.Traces => new TracesData
            {
                ResourceSpans = { shares.Select(s => new ResourceSpans { Resource = s.Item1, ScopeSpans = { new ScopeSpans { Spans = { s.share.Select(n => Span(record, n, now)) } } } }) },
            },
            Signal.Logs => new LogsData
            {
                ResourceLogs = { shares.Select(s => new ResourceLogs { Resource = s.Item1, ScopeLogs = { new ScopeLogs { LogRecords = { s.share.Select(n => Log(record, n, now)) } } } }) },
            },
            _ => new MetricsData
            {
                ResourceMetrics = { shares.Select(s => new ResourceMetrics { Resource = s.Item1, ScopeMetrics = { new ScopeMetrics { Metrics = { s.share.Select(n => Point(record, n, now)) } } } }) },
            },
        };
    }

    private static Resource Resource(int service) => new() { Attributes = { Text("service.name", $"torture-{service % Services}"), Text("service.namespace", "torture") } };

    private OpenTelemetry.Proto.Trace.V1.Span Span(SentRecord record, int number, ulong now)
    {
        var id = new byte[24];
        random.NextBytes(id);
        return new()
        {
            TraceId = ByteString.CopyFrom(id, 0, 16),
            SpanId = ByteString.CopyFrom(id, 16, 8),
            Name = number == record.Refused ? RefusedName : $"GET /{number % 10}",
            StartTimeUnixNano = now,
            EndTimeUnixNano = now + 1_000,
            Attributes = { Attributes(number) },
        };
    }

    private LogRecord Log(SentRecord record, int number, ulong now) => new()
    {
        TimeUnixNano = now,
        ObservedTimeUnixNano = now,
        SeverityNumber = SeverityNumber.Info,
        Body = new AnyValue { StringValue = number == record.Refused ? RefusedName : $"line {number}" },
        Attributes = { Attributes(number) },
    };

    /// <summary>A point of any of the five kinds.</summary>
    private static Metric Point(SentRecord record, int number, ulong now)
    {
        var slot = Text("slot", $"{number % 20}");
        return (number == record.Refused ? 0 : number % 5) switch
        {
            0 => new()
            {
                Name = "torture.gauge",
                Gauge = new() { DataPoints = { new NumberDataPoint { TimeUnixNano = now, AsInt = number == record.Refused ? -1 - number : number, Attributes = { slot } } } },
            },
            1 => new()
            {
                Name = "torture.sum",
                Sum = new() { IsMonotonic = true, AggregationTemporality = AggregationTemporality.Delta, DataPoints = { new NumberDataPoint { TimeUnixNano = now, AsInt = number, Attributes = { slot } } } },
            },
            2 => new()
            {
                Name = "torture.histogram",
                Histogram = new()
                {
                    AggregationTemporality = AggregationTemporality.Delta,
                    DataPoints = { new HistogramDataPoint { TimeUnixNano = now, Count = 3, Sum = number, BucketCounts = { 1, 2 }, ExplicitBounds = { number % 3 }, Attributes = { slot } } },
                },
            },
            3 => new()
            {
                Name = "torture.exponential",
                ExponentialHistogram = new()
                {
                    AggregationTemporality = AggregationTemporality.Delta,
                    DataPoints = { new ExponentialHistogramDataPoint { TimeUnixNano = now, Count = 2, Sum = number, Scale = 3, Positive = new() { Offset = 1, BucketCounts = { 2 } }, Attributes = { slot } } },
                },
            },
            _ => new()
            {
                Name = "torture.summary",
                Summary = new() { DataPoints = { new SummaryDataPoint { TimeUnixNano = now, Count = 1, Sum = number, Attributes = { slot } } } },
            },
        };
    }

    private IEnumerable<KeyValue> Attributes(int number)
    {
        yield return new() { Key = NumberAttribute, Value = new AnyValue { IntValue = number } };
        if (_padding.Length > 0)
        {
            yield return Text("padding", _padding);
        }
    }

    private static KeyValue Text(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };
}
