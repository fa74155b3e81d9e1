using System.Text.Json;
using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Json;

/// <summary>OTLP/JSON as Google's own parser reads it, once the ids are what it takes: base64, where OTLP has hex.</summary>
internal static class JsonOracle
{
    private static readonly JsonParser s_parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>The request.</summary>
    public static IMessage Parse(Signal signal, byte[] json)
    {
        var text = System.Text.Encoding.UTF8.GetString(WithBase64Ids(json));
        return signal switch
        {
            Signal.Traces => s_parser.Parse<TracesData>(text),
            Signal.Logs => s_parser.Parse<LogsData>(text),
            _ => s_parser.Parse<MetricsData>(text),
        };
    }

    /// <summary>Whether an object has the same key twice, in whichever of its spellings.</summary>
    public static bool HasKeyAgain(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        Stack<HashSet<string>> objects = [];
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    objects.Push(new(StringComparer.OrdinalIgnoreCase));
                    break;
                case JsonTokenType.EndObject:
                    objects.Pop();
                    break;
                case JsonTokenType.PropertyName when !objects.Peek().Add(reader.GetString()!.Replace("_", "", StringComparison.Ordinal)):
                    return true;
            }
        }

        return false;
    }

    // Token by token: whatever else is strange in it stays.
    private static byte[] WithBase64Ids(byte[] json)
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output, new() { SkipValidation = true, MaxDepth = 1000 }))
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
            var isId = false;
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        writer.WriteStartObject();
                        break;
                    case JsonTokenType.EndObject:
                        writer.WriteEndObject();
                        break;
                    case JsonTokenType.StartArray:
                        writer.WriteStartArray();
                        break;
                    case JsonTokenType.EndArray:
                        writer.WriteEndArray();
                        break;
                    case JsonTokenType.PropertyName:
                        writer.WritePropertyName(reader.GetString()!);
                        break;
                    case JsonTokenType.String when isId:
                        writer.WriteBase64StringValue(Convert.FromHexString(reader.GetString()!));
                        break;
                    case JsonTokenType.String:
                        writer.WriteStringValue(reader.GetString());
                        break;
                    case JsonTokenType.Number:
                        writer.WriteRawValue(reader.ValueSpan);
                        break;
                    case JsonTokenType.Null:
                        writer.WriteNullValue();
                        break;
                    default:
                        writer.WriteBooleanValue(reader.GetBoolean());
                        break;
                }

                isId = reader.TokenType == JsonTokenType.PropertyName
                    && reader.GetString() is "traceId" or "spanId" or "parentSpanId" or "trace_id" or "span_id" or "parent_span_id";
            }
        }

        return output.ToArray();
    }
}
