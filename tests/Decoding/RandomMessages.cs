using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Metrics.V1;

namespace OtelOrleans.Tests.Decoding;

/// <summary>
/// Messages with any of their fields set, by the schema alone: a field that is added to a <c>.proto</c> file is tried from then on. Half of the messages hold only what the columns
/// can hold, so that it is the columns that are tried; the other half anything.
/// </summary>
internal sealed class RandomMessages(int seed)
{
    private const int MaxValueDepth = 4;

    private static readonly string[] s_tame = ["", "a", "GET /cart", "héllo 漢 😀", "q\"b\\s/", "line\nbreak\ttab\u0001\u007f", "http.request.method", "null", "true", "1.0", "\uFFFD", "\uFFFF"];
    private static readonly string[] s_odd = ["\0", "a\0b", "é\0"];
    private static readonly double[] s_doubles = [0, 1, -1, 0.1, 1.5, 1e15, 1e16, 9.3e18, -9.223372036854775808e18, 1e300, 5e-324, double.MaxValue, 123456789.125, 1.8446744073709552e19];
    private static readonly double[] s_oddDoubles = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_1234)];
    private static readonly ulong[] s_numbers = [0, 1, 9, 10_000, 999_999_999, 1_700_000_000_000_000_123, 1UL << 53, (1UL << 53) + 1, long.MaxValue];

    private readonly Random _random = new(seed);
    private bool _isOdd;

    public T Next<T>()
        where T : IMessage<T>, new()
    {
        _isOdd = _random.Next(2) == 0;
        var message = new T();
        Fill(message, 0);
        return message;
    }

    /// <summary>A metric whose points have times of their own: of points of one series at the same time nothing tells whose an exemplar is.</summary>
    public Metric NextMetric()
    {
        var metric = Next<Metric>();
        ulong time = 1_700_000_000_000_000_000;
        foreach (var point in (metric.Gauge?.DataPoints ?? metric.Sum?.DataPoints ?? []).AsEnumerable())
        {
            point.TimeUnixNano = time++;
        }

        foreach (var point in (metric.Histogram?.DataPoints ?? []).AsEnumerable())
        {
            point.TimeUnixNano = time++;
        }

        foreach (var point in (metric.ExponentialHistogram?.DataPoints ?? []).AsEnumerable())
        {
            point.TimeUnixNano = time++;
        }

        return metric;
    }

    private void Fill(IMessage message, int depth)
    {
        if (message is AnyValue { } value)
        {
            FillValue(value, depth);
            return;
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            // Ids of other lengths are dead letters; elsewhere they may have any.
            if (field.Name is "trace_id" or "span_id" && message.Descriptor.Name is "Span")
            {
                field.Accessor.SetValue(message, Id(field.Name == "trace_id" ? 16 : 8));
            }
            else if (_random.Next(3) > 0)
            {
                Fill(message, field, depth);
            }
        }
    }

    private void Fill(IMessage message, FieldDescriptor field, int depth)
    {
        if (!field.IsRepeated)
        {
            field.Accessor.SetValue(message, Single(field, message, depth));
            return;
        }

        var list = (System.Collections.IList)field.Accessor.GetValue(message);
        HashSet<string> keys = [];
        for (var n = _random.Next(5); n > 0; n--)
        {
            var item = Single(field, message, depth + 1);
            if (item is not KeyValue attribute || _isOdd || keys.Add(attribute.Key))
            {
                list.Add(item);
            }
        }

        // Now and then more than the usual number of attributes.
        if (list is RepeatedField<KeyValue> attributes && depth == 0 && _random.Next(20) == 0)
        {
            attributes.AddRange(Enumerable.Range(0, 80).Select(i => Payloads.Attribute($"many.{i}", Payloads.Value(i))));
        }
    }

    private object Single(FieldDescriptor field, IMessage owner, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var child = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Fill(child, depth + 1);
                return child;
            case FieldType.String:
                return Text();
            case FieldType.Bytes:
                return owner.Descriptor.Name switch
                {
                    "LogRecord" => _isOdd && _random.Next(8) == 0 ? ByteString.CopyFrom(new byte[field.Name == "trace_id" ? 16 : 8]) : Id(field.Name == "trace_id" ? 16 : 8),
                    "Span" => Id(8),
                    _ => Id(_random.Next(20)),
                };
            case FieldType.Enum:
                return _isOdd && _random.Next(4) == 0 ? _random.Next() - _random.Next() : _random.Next(5);
            case FieldType.Bool:
                return _random.Next(2) == 0;
            case FieldType.Double:
                return Double(_isOdd || owner is not AnyValue);
            case FieldType.UInt32 or FieldType.Fixed32:
                return _random.Next(3) switch { 0 => uint.MaxValue, 1 => 0u, _ => (uint)_random.Next() };
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                return _random.Next(3) switch { 0 => int.MinValue, 1 => 0, _ => _random.Next() };
            case FieldType.UInt64 or FieldType.Fixed64:
                return Number(field.IsRepeated && !_isOdd);
            case FieldType.Int64 or FieldType.SFixed64 or FieldType.SInt64:
                return (long)Number(false);
            default:
                throw new InvalidOperationException($"{field.FullName} has a type that no field of OTLP had before: {field.FieldType}.");
        }
    }

    private void FillValue(AnyValue value, int depth)
    {
        switch (_random.Next(depth > MaxValueDepth ? 5 : 8))
        {
            case 0:
                break;
            case 1:
                value.StringValue = Text();
                break;
            case 2:
                value.BoolValue = _random.Next(2) == 0;
                break;
            case 3:
                value.IntValue = (long)Number(false);
                break;
            case 4:
                value.DoubleValue = Double(_isOdd);
                break;
            case 5 when _isOdd:
                value.BytesValue = Id(_random.Next(20));
                break;
            case 5 or 6:
                value.ArrayValue = new();
                Fill(value.ArrayValue, depth + 1);
                break;
            default:
                value.KvlistValue = new();
                Fill(value.KvlistValue, depth + 1);
                break;
        }
    }

    private string Text()
    {
        var text = (_isOdd && _random.Next(4) == 0 ? s_odd : s_tame)[_random.Next(_isOdd ? s_odd.Length : s_tame.Length)];
        return _random.Next(10) == 0 ? text + new string('x', _random.Next(80)) + text : text;
    }

    private double Double(bool mayBeOdd) => _random.Next(4) switch
    {
        0 when mayBeOdd => s_oddDoubles[_random.Next(s_oddDoubles.Length)],
        1 => Math.Round(_random.NextDouble() * 1e6) / 1000,
        _ => s_doubles[_random.Next(s_doubles.Length)],
    };

    private ulong Number(bool fitsBigint) => _random.Next(4) switch
    {
        0 when !fitsBigint => ulong.MaxValue - (ulong)_random.Next(1000),
        1 => (ulong)_random.NextInt64(),
        _ => s_numbers[_random.Next(s_numbers.Length)],
    };

    private ByteString Id(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }
}
