using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Common.V1;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Compares JSON of ours with what Google.Protobuf read.</summary>
internal static class OracleAssert
{
    public static void Attributes(RepeatedField<KeyValue> expected, JsonElement actual)
    {
        var members = actual.EnumerateObject().ToList();
        Assert.Equal(expected.Select(a => a.Key.Replace('\0', '\uFFFD')), members.Select(m => m.Name));
        for (var i = 0; i < expected.Count; i++)
        {
            Value(expected[i].Value, members[i].Value);
        }
    }

    public static void OptionalAttributes(RepeatedField<KeyValue> expected, JsonElement owner, string member = "attributes")
    {
        if (owner.TryGetProperty(member, out var attributes))
        {
            Attributes(expected, attributes);
        }
        else
        {
            Assert.Empty(expected);
        }
    }

    public static void Value(AnyValue? expected, JsonElement actual)
    {
        switch (expected?.ValueCase ?? AnyValue.ValueOneofCase.None)
        {
            case AnyValue.ValueOneofCase.None:
                Assert.Equal(JsonValueKind.Null, actual.ValueKind);
                break;
            case AnyValue.ValueOneofCase.StringValue:
                Assert.Equal(expected!.StringValue.Replace('\0', '\uFFFD'), actual.GetString());
                break;
            case AnyValue.ValueOneofCase.BoolValue:
                Assert.Equal(expected!.BoolValue, actual.GetBoolean());
                break;
            case AnyValue.ValueOneofCase.IntValue:
                Assert.Equal(expected!.IntValue.ToString(CultureInfo.InvariantCulture), actual.GetRawText());
                break;
            case AnyValue.ValueOneofCase.DoubleValue when !double.IsFinite(expected!.DoubleValue):
                Assert.Equal(expected.DoubleValue.ToString(CultureInfo.InvariantCulture), actual.GetString());
                break;
            case AnyValue.ValueOneofCase.DoubleValue:
                Assert.Equal(expected!.DoubleValue, actual.GetDouble());
                Assert.True(actual.GetRawText().AsSpan().ContainsAny(".E") || Math.Abs(expected.DoubleValue) >= 9.2e18, $"{actual.GetRawText()} could be an integer");
                break;
            case AnyValue.ValueOneofCase.BytesValue:
                Assert.Equal(expected!.BytesValue.ToByteArray(), actual.GetBytesFromBase64());
                break;
            case AnyValue.ValueOneofCase.ArrayValue:
                var items = actual.EnumerateArray().ToList();
                Assert.Equal(expected!.ArrayValue.Values.Count, items.Count);
                foreach (var (value, item) in expected.ArrayValue.Values.Zip(items))
                {
                    Value(value, item);
                }

                break;
            default:
                Attributes(expected!.KvlistValue.Values, actual);
                break;
        }
    }

    public static string? Hex(ByteString id) => id.IsEmpty ? null : Convert.ToHexStringLower(id.Span);

    public static string? Text(string text) => text.Length == 0 ? null : text.Replace('\0', '\uFFFD');
}
