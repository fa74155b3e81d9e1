using Google.Protobuf;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Bench;

/// <summary>
/// What a bench decodes: the payloads of a folder, or, where there are none of a signal, the tests' own corpus packed as a collector packs it: some 1,000 items in a payload, each
/// with ids and times of its own.
/// </summary>
internal static class BenchPayloads
{
    private const int Payloads = 12;
    private const int ItemsPerPayload = 1_000;

    public static byte[][] Load(string? folder, Signal signal)
    {
        var name = signal switch { Signal.Traces => "traces", Signal.Logs => "logs", _ => "metrics" };
        var given = folder is null ? [] : Directory.GetFiles(folder, $"*-{name}*.pb").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        if (given.Length > 0)
        {
            return given;
        }

        var random = new Random(1);
        var samples = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Corpus"), $"*-{name}-*.pb").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        return [.. Enumerable.Range(0, Payloads).Select(_ => signal switch
        {
            Signal.Traces => Pack(samples, TracesData.Parser, t => t.ResourceSpans, r => r.ScopeSpans.Sum(s => Restamp(s.Spans, random))),
            Signal.Logs => Pack(samples, LogsData.Parser, l => l.ResourceLogs, r => r.ScopeLogs.Sum(s => Restamp(s.LogRecords, random))),
            _ => Pack(samples, MetricsData.Parser, m => m.ResourceMetrics, r => r.ScopeMetrics.Sum(s => s.Metrics.Sum(m => Restamp(m, random)))),
        })];
    }

    private static byte[] Pack<TData, TResource>(byte[][] samples, MessageParser<TData> parser, Func<TData, RepeatedField<TResource>> resources, Func<TResource, int> restamp)
        where TData : class, IMessage<TData>, new()
    {
        var packed = new TData();
        for (var (items, i) = (0, 0); items < ItemsPerPayload; i++)
        {
            foreach (var resource in resources(parser.ParseFrom(samples[i % samples.Length])))
            {
                items += restamp(resource);
                resources(packed).Add(resource);
            }
        }

        return packed.ToByteArray();
    }

    private static int Restamp(RepeatedField<Span> spans, Random random)
    {
        foreach (var span in spans)
        {
            (span.TraceId, span.SpanId) = (Id(random, 16), Id(random, 8));
            (span.StartTimeUnixNano, span.EndTimeUnixNano) = (span.StartTimeUnixNano + (ulong)random.Next(), span.EndTimeUnixNano + (ulong)random.Next());
        }

        return spans.Count;
    }

    private static int Restamp(RepeatedField<LogRecord> records, Random random)
    {
        foreach (var record in records)
        {
            (record.TimeUnixNano, record.SpanId) = (record.TimeUnixNano + (ulong)random.Next(), record.SpanId.IsEmpty ? record.SpanId : Id(random, 8));
        }

        return records.Count;
    }

    private static int Restamp(Metric metric, Random random)
    {
        foreach (var point in (metric.Gauge?.DataPoints ?? metric.Sum?.DataPoints ?? []).AsEnumerable())
        {
            point.TimeUnixNano += (ulong)random.Next();
        }

        return (metric.Gauge?.DataPoints.Count ?? 0) + (metric.Sum?.DataPoints.Count ?? 0) + (metric.Histogram?.DataPoints.Count ?? 0)
            + (metric.ExponentialHistogram?.DataPoints.Count ?? 0) + (metric.Summary?.DataPoints.Count ?? 0);
    }

    private static ByteString Id(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }
}
