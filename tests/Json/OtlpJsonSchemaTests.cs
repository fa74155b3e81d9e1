using Google.Protobuf.Reflection;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OtelOrleans.Proto;
using OtelOrleans.Proto.Json;

namespace OtelOrleans.Tests.Json;

/// <summary>The tables of JSON names against the schema.</summary>
public sealed class OtlpJsonSchemaTests
{
    [Fact]
    public void Every_field_of_the_schema_is_in_the_tables_and_nothing_else()
    {
        Dictionary<JsonMessage, MessageDescriptor> seen = [];
        Check(OtlpJsonSchema.Traces, ExportTraceServiceRequest.Descriptor, seen);
        Check(OtlpJsonSchema.Logs, ExportLogsServiceRequest.Descriptor, seen);
        Check(OtlpJsonSchema.Metrics, ExportMetricsServiceRequest.Descriptor, seen);

        // All messages of the schema but the responses.
        Assert.Equal(34, seen.Values.Distinct().Count());
    }

    [Fact]
    public void A_name_that_is_no_field_is_not_found()
    {
        Assert.Null(OtlpJsonSchema.Traces.Find(""u8));
        Assert.Null(OtlpJsonSchema.Traces.Find("resourcespans"u8));
        Assert.Null(OtlpJsonSchema.Traces.Find("resourceSpans\0"u8));
        Assert.Null(OtlpJsonSchema.Traces.Find(new byte[100_000]));
    }

    private static void Check(JsonMessage table, MessageDescriptor message, Dictionary<JsonMessage, MessageDescriptor> seen)
    {
        if (!seen.TryAdd(table, message))
        {
            Assert.Equal(message, seen[table]);
            return;
        }

        Assert.Equal(message.Fields.InDeclarationOrder().Select(f => f.JsonName).Order(), table.Fields.Select(f => f.Name).Order());
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            var ours = table.Find(JsonPayloads.Utf8(field.JsonName));
            Assert.NotNull(ours);
            Assert.Same(ours, table.Find(JsonPayloads.Utf8(field.Name)));
            var valueType = field.FieldType switch
            {
                FieldType.Fixed64 or FieldType.SFixed64 or FieldType.Double => WireType.Fixed64,
                FieldType.Fixed32 => WireType.Fixed32,
                FieldType.String or FieldType.Bytes or FieldType.Message => WireType.Bytes,
                _ => WireType.Varint,
            };
            Assert.Equal(field.IsRepeated, ours.IsRepeated);
            Assert.Equal(field.IsRepeated && field.IsPacked && valueType != WireType.Bytes, ours.IsPacked);
            Assert.Equal(valueType, ours.ValueType);
            Assert.Equal((uint)field.FieldNumber << 3 | (ours.IsPacked ? WireType.Bytes : valueType), ours.Tag);
            Assert.Equal(KindOf(field), ours.Kind);
            Assert.Equal(field.FieldType == FieldType.Message && field.MessageType.Name == "AnyValue" && field.IsRepeated, ours.NullIsEmpty);
            if (field.FieldType == FieldType.Enum)
            {
                Assert.Equal(field.EnumType.Values.Select(v => (v.Number, v.Name)), ours.EnumNames.Index());
            }

            if (field.FieldType == FieldType.Message)
            {
                Check(ours.Message!, field.MessageType, seen);
            }
        }
    }

    private static JsonFieldKind KindOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => JsonFieldKind.Message,
        FieldType.String => JsonFieldKind.Text,
        FieldType.Bytes => field.Name.EndsWith("_id", StringComparison.Ordinal) ? JsonFieldKind.Id : JsonFieldKind.Bytes,
        FieldType.UInt64 or FieldType.Fixed64 => JsonFieldKind.UInt64,
        FieldType.Int64 or FieldType.SFixed64 => JsonFieldKind.Int64,
        FieldType.UInt32 or FieldType.Fixed32 => JsonFieldKind.UInt32,
        FieldType.SInt32 => JsonFieldKind.SInt32,
        FieldType.Double => JsonFieldKind.Double,
        FieldType.Bool => JsonFieldKind.Bool,
        FieldType.Enum => JsonFieldKind.Enum,
        _ => throw new InvalidOperationException($"The schema has a new type: {field.FieldType}."),
    };
}
