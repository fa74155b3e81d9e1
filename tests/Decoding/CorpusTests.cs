using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Payloads of real SDKs; Google.Protobuf says what is in them.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> TraceFiles => Files("traces");

    public static TheoryData<string> LogFiles => Files("logs");

    public static TheoryData<string> MetricFiles => Files("metrics");

    [Theory, MemberData(nameof(TraceFiles))]
    public void Every_span_is_a_row_of_its_service_with_all_it_holds(string file)
    {
        var payload = File.ReadAllBytes(Payloads.Corpus(file));
        var expected = TracesData.Parser.ParseFrom(payload);
        var batches = Payloads.Decode(Signal.Traces, payload);
        foreach (var service in expected.ResourceSpans.GroupBy(r => ServiceOf(r.Resource.Attributes)))
        {
            var batch = Assert.Single(batches, b => b.ServiceName == service.Key);
            var spans = service.SelectMany(r => r.ScopeSpans.SelectMany(s => s.Spans.Select(span => (r, s, span)))).ToList();
            var rows = RowReader.Of(batch.Batch, CopyLayouts.Spans);
            Assert.Equal(spans.Count, rows.Count);
            foreach (var ((resource, scope, span), row) in spans.Zip(rows))
            {
                RowAssert.Span(span, row);
                RowAssert.Envelope(batch.Batch, row, service.Key, resource.Resource, resource.SchemaUrl, scope.Scope, scope.SchemaUrl);
            }
        }

        Assert.Equal(expected.ResourceSpans.Select(r => ServiceOf(r.Resource.Attributes)).Distinct().Count(), batches.Count);
    }

    [Theory, MemberData(nameof(LogFiles))]
    public void Every_log_record_is_a_row_of_its_service_with_all_it_holds(string file)
    {
        var payload = File.ReadAllBytes(Payloads.Corpus(file));
        var batch = Assert.Single(Payloads.Decode(Signal.Logs, payload));
        var expected = LogsData.Parser.ParseFrom(payload);
        var records = expected.ResourceLogs.SelectMany(r => r.ScopeLogs.SelectMany(s => s.LogRecords.Select(record => (r, s, record)))).ToList();
        var rows = RowReader.Of(batch.Batch, CopyLayouts.LogRecords);
        Assert.Equal(records.Count, rows.Count);
        foreach (var ((resource, scope, record), row) in records.Zip(rows))
        {
            RowAssert.LogRecord(record, row);
            RowAssert.Envelope(batch.Batch, row, batch.ServiceName, resource.Resource, resource.SchemaUrl, scope.Scope, scope.SchemaUrl);
        }
    }

    [Theory, MemberData(nameof(MetricFiles))]
    public void Every_data_point_is_a_row_of_its_service_with_all_it_holds(string file)
    {
        var payload = File.ReadAllBytes(Payloads.Corpus(file));
        var batch = Assert.Single(Payloads.Decode(Signal.Metrics, payload));
        var expected = MetricsData.Parser.ParseFrom(payload);
        RowAssert.Metrics(expected.ResourceMetrics.SelectMany(r => r.ScopeMetrics).SelectMany(s => s.Metrics), batch.Batch);
        Assert.Equal(ServiceOf(expected.ResourceMetrics[0].Resource.Attributes), batch.ServiceName);
    }

    private static string ServiceOf(RepeatedField<KeyValue> attributes) => attributes.Last(a => a.Key == "service.name").Value.StringValue;

    private static TheoryData<string> Files(string signal)
    {
        var files = Directory.GetFiles(Payloads.Corpus(""), $"*-{signal}-*.pb").Select(f => Path.GetFileName(f)).Order().ToArray();
        Assert.True(files.Length >= 2, "the corpus is not there");
        return new(files);
    }
}
