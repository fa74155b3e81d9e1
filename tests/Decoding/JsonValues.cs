using System.Globalization;
using System.Text.Json;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Common.V1;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Attributes as they were sent, from jsonb: what a reader of the tables does.</summary>
internal static class JsonValues
{
    public static void Into(RepeatedField<KeyValue> attributes, JsonElement? json)
    {
        if (json is { } present)
        {
            attributes.AddRange(present.EnumerateObject().Select(m => new KeyValue { Key = m.Name, Value = ValueOf(m.Value) }));
        }
    }

    public static void IntoMember(RepeatedField<KeyValue> attributes, JsonElement owner, string member) =>
        Into(attributes, owner.TryGetProperty(member, out var json) ? json : null);

    public static AnyValue ValueOf(JsonElement json)
    {
        var value = new AnyValue();
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                value.StringValue = json.GetString();
                break;
            case JsonValueKind.True or JsonValueKind.False:
                value.BoolValue = json.GetBoolean();
                break;
            case JsonValueKind.Number:
                // A point or an exponent: a double. An integer that no int64 holds: one too, a large one.
                var text = json.GetRawText();
                if (!text.AsSpan().ContainsAny(".eE") && long.TryParse(text, CultureInfo.InvariantCulture, out var number))
                {
                    value.IntValue = number;
                }
                else
                {
                    value.DoubleValue = double.Parse(text, CultureInfo.InvariantCulture);
                }

                break;
            case JsonValueKind.Array:
                value.ArrayValue = new() { Values = { json.EnumerateArray().Select(ValueOf) } };
                break;
            case JsonValueKind.Object:
                value.KvlistValue = new();
                Into(value.KvlistValue.Values, json);
                break;
        }

        return value;
    }
}
