using Google.Protobuf;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>
/// Makes the records of a load from the items of the corpus. Each block of items is a request of its own, and a record is blocks one after the other: concatenated requests are one.
/// </summary>
internal sealed class BenchRecords
{
    private const int SpansPerTrace = 10;

    private static readonly TimeSpan Jitter = TimeSpan.FromMilliseconds(200);

    private readonly BenchLoad _load;
    private readonly Random _random = new(1);
    private readonly List<(Resource Resource, InstrumentationScope Scope, Span Span)> _spans = [];
    private readonly List<(Resource Resource, InstrumentationScope Scope, LogRecord Record)> _logs = [];
    private readonly Dictionary<(Resource, int), Resource> _resources = [];
    private int _next;
    private int _service;

    public BenchRecords(BenchLoad load)
    {
        _load = load;
        foreach (var file in CorpusFiles.Protobuf.Where(f => CorpusFiles.SignalOf(f) == load.Signal))
        {
            if (load.Signal == Signal.Logs)
            {
                _logs.AddRange(from r in LogsData.Parser.ParseFrom(File.ReadAllBytes(file)).ResourceLogs from s in r.ScopeLogs from l in s.LogRecords select (r.Resource, s.Scope, l));
            }
            else
            {
                _spans.AddRange(from r in TracesData.Parser.ParseFrom(File.ReadAllBytes(file)).ResourceSpans from s in r.ScopeSpans from p in s.Spans select (r.Resource, s.Scope, p));
            }
        }
    }

    /// <summary>All records of the load, their times beginning now and a millisecond apart.</summary>
    public IReadOnlyList<byte[]> All()
    {
        var records = new List<byte[]>();
        var now = TimeProvider.System.GetUtcNow();
        for (var rows = 0; rows < _load.Rows; rows += _load.ItemsPerRecord)
        {
            records.Add(Next(Math.Min(_load.ItemsPerRecord, _load.Rows - rows), now.AddMilliseconds(records.Count), Jitter));
        }

        return records;
    }

    /// <summary>A record of so many items, which all say that they began at this time, or up to <paramref name="jitter"/> before.</summary>
    public byte[] Next(int items, DateTimeOffset at, TimeSpan jitter)
    {
        using var record = new MemoryStream();
        for (var left = items; left > 0;)
        {
            var block = Math.Min(left, _load.ItemsPerResource);
            left -= _load.Signal == Signal.Logs ? WriteLogs(record, block, at, jitter) : WriteSpans(record, block, at, jitter);
        }

        return record.ToArray();
    }

    private int WriteSpans(Stream record, int most, DateTimeOffset at, TimeSpan jitter)
    {
        var of = _spans[_next %= _spans.Count].Resource;
        var resource = new ResourceSpans { Resource = Renamed(of) };
        var written = 0;
        for (ByteString? trace = null; written < most && _next < _spans.Count && _spans[_next].Resource == of; written++, _next++)
        {
            var (_, scope, span) = _spans[_next];
            if (resource.ScopeSpans.Count == 0 || !resource.ScopeSpans[^1].Scope.Equals(scope))
            {
                resource.ScopeSpans.Add(new ScopeSpans { Scope = scope });
            }

            var duration = span.EndTimeUnixNano - span.StartTimeUnixNano;
            span.TraceId = trace = written % SpansPerTrace == 0 ? Id(16) : trace;
            span.SpanId = Id(8);
            span.StartTimeUnixNano = UnixNano(at, jitter);
            span.EndTimeUnixNano = span.StartTimeUnixNano + duration;
            resource.ScopeSpans[^1].Spans.Add(span);
        }

        new TracesData { ResourceSpans = { resource } }.WriteTo(record);
        return written;
    }

    private int WriteLogs(Stream record, int most, DateTimeOffset at, TimeSpan jitter)
    {
        var of = _logs[_next %= _logs.Count].Resource;
        var resource = new ResourceLogs { Resource = Renamed(of) };
        var written = 0;
        for (; written < most && _next < _logs.Count && _logs[_next].Resource == of; written++, _next++)
        {
            var (_, scope, log) = _logs[_next];
            if (resource.ScopeLogs.Count == 0 || !resource.ScopeLogs[^1].Scope.Equals(scope))
            {
                resource.ScopeLogs.Add(new ScopeLogs { Scope = scope });
            }

            (log.TraceId, log.SpanId) = (log.TraceId.IsEmpty ? log.TraceId : Id(16), log.SpanId.IsEmpty ? log.SpanId : Id(8));
            log.TimeUnixNano = log.ObservedTimeUnixNano = UnixNano(at, jitter);
            resource.ScopeLogs[^1].LogRecords.Add(log);
        }

        new LogsData { ResourceLogs = { resource } }.WriteTo(record);
        return written;
    }

    /// <summary>The resource, as that of the service whose turn it is.</summary>
    private Resource Renamed(Resource resource)
    {
        var service = _service++ % _load.Services;
        if (!_resources.TryGetValue((resource, service), out var renamed))
        {
            renamed = resource.Clone();
            renamed.Attributes.Single(a => a.Key == "service.name").Value = new AnyValue { StringValue = $"service-{service}" };
            _resources.Add((resource, service), renamed);
        }

        return renamed;
    }

    private ulong UnixNano(DateTimeOffset at, TimeSpan jitter) =>
        ((ulong)(at - DateTimeOffset.UnixEpoch).Ticks - (ulong)_random.NextInt64(jitter.Ticks + 1)) * TimeSpan.NanosecondsPerTick;

    private ByteString Id(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }
}
