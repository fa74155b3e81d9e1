using System.Reflection;
using Google.Protobuf.Reflection;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.Proto;

namespace OtelOrleans.Tests.Proto;

/// <summary>The table of tags against the schema.</summary>
public sealed class OtlpTagsTests
{
    [Fact]
    public void Every_field_of_the_schema_is_in_the_table_with_its_tag_and_nothing_else()
    {
        // Names that stand for one field in several messages.
        Check(typeof(RequestFields), ExportTraceServiceRequest.Descriptor, ("Resources", "resource_spans"));
        Check(typeof(RequestFields), ExportLogsServiceRequest.Descriptor, ("Resources", "resource_logs"));
        Check(typeof(RequestFields), ExportMetricsServiceRequest.Descriptor, ("Resources", "resource_metrics"));
        Check(typeof(ResourceItemsFields), ResourceSpans.Descriptor, ("Scopes", "scope_spans"));
        Check(typeof(ResourceItemsFields), ResourceLogs.Descriptor, ("Scopes", "scope_logs"));
        Check(typeof(ResourceItemsFields), ResourceMetrics.Descriptor, ("Scopes", "scope_metrics"));
        Check(typeof(ScopeItemsFields), ScopeSpans.Descriptor, ("Items", "spans"));
        Check(typeof(ScopeItemsFields), ScopeLogs.Descriptor, ("Items", "log_records"));
        Check(typeof(ScopeItemsFields), ScopeMetrics.Descriptor, ("Items", "metrics"));
        Check(typeof(ResourceFields), Resource.Descriptor);
        Check(typeof(EntityRefFields), EntityRef.Descriptor);
        Check(typeof(ScopeFields), InstrumentationScope.Descriptor);
        Check(typeof(KeyValueFields), KeyValue.Descriptor);
        Check(typeof(AnyValueFields), AnyValue.Descriptor, ("KeyValueListValue", "kvlist_value"));
        Check(typeof(ListFields), ArrayValue.Descriptor);
        Check(typeof(ListFields), KeyValueList.Descriptor);
        Check(typeof(SpanFields), Span.Descriptor);
        Check(typeof(StatusFields), Status.Descriptor);
        Check(typeof(SpanEventFields), Span.Types.Event.Descriptor);
        Check(typeof(SpanLinkFields), Span.Types.Link.Descriptor);
        Check(typeof(LogRecordFields), LogRecord.Descriptor);
        Check(typeof(MetricFields), Metric.Descriptor);
        Check(typeof(MetricDataFields), Sum.Descriptor);
        Check(typeof(NumberPointFields), NumberDataPoint.Descriptor, isPoint: true);
        Check(typeof(HistogramPointFields), HistogramDataPoint.Descriptor, isPoint: true);
        Check(typeof(ExponentialPointFields), ExponentialHistogramDataPoint.Descriptor, isPoint: true);
        Check(typeof(BucketsFields), ExponentialHistogramDataPoint.Types.Buckets.Descriptor);
        Check(typeof(SummaryPointFields), SummaryDataPoint.Descriptor, isPoint: true);
        Check(typeof(QuantileFields), SummaryDataPoint.Types.ValueAtQuantile.Descriptor);
        Check(typeof(ExemplarFields), Exemplar.Descriptor);
    }

    private static void Check(Type table, MessageDescriptor message, (string Ours, string Theirs)? renamed = null, bool isPoint = false)
    {
        var tags = Constants(table);
        if (isPoint)
        {
            tags.AddRange(Constants(typeof(PointFields)));
        }

        List<(string, uint)> expected = [];
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            var name = field.Name == renamed?.Theirs ? renamed.Value.Ours : string.Concat(field.Name.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
            var wireType = field.FieldType switch
            {
                FieldType.Fixed64 or FieldType.SFixed64 or FieldType.Double => WireType.Fixed64,
                FieldType.Fixed32 => WireType.Fixed32,
                FieldType.String or FieldType.Bytes or FieldType.Message => WireType.Bytes,
                _ => WireType.Varint,
            };
            expected.Add((name, (uint)field.FieldNumber << 3 | wireType));
            if (field.IsRepeated && field.IsPacked && wireType != WireType.Bytes)
            {
                expected.Add((name + "Packed", (uint)field.FieldNumber << 3 | WireType.Bytes));
            }
        }

        Assert.Equal(expected.Order(), tags.Order());
    }

    private static List<(string Name, uint Tag)> Constants(Type table) =>
        [.. table.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (f.Name, (uint)f.GetRawConstantValue()!))];
}
