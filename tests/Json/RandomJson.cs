using System.Collections;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OtelOrleans.Tests.Json;

/// <summary>
/// Writes a message as OTLP/JSON, in one of the many ways that are allowed, chosen at random: order and spelling of names, nulls for what is absent, fields that nobody knows,
/// numbers in quotes or not, enums by name, escapes, white space. Not Google's formatter: that one writes ids in base64.
/// </summary>
internal sealed class RandomJson(Random random)
{
    private static readonly string[] s_unknown =
        ["null", "true", "-1.5e3", "\"a\\\"b\\u0000\\ud800\"", "[]", "{}", "[{\"name\":[1,[2,{\"x\":null}]]},\"}\"]", "{\"traceId\":\"zz\",\"value\":{\"stringValue\":5}}"];

    private readonly StringBuilder _json = new();

    public static byte[] Write(IMessage message, Random random)
    {
        var writer = new RandomJson(random);
        writer.Space();
        writer.Object(message);
        writer.Space();
        byte[] mark = random.Next(4) == 0 ? [0xEF, 0xBB, 0xBF] : [];
        return [.. mark, .. Encoding.UTF8.GetBytes(writer._json.ToString())];
    }

    private void Object(IMessage message)
    {
        _json.Append('{');
        List<Action> members = [];
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.Accessor.GetValue(message);
            var isPresent = field.HasPresence ? field.Accessor.HasValue(message) : !IsDefault(value) || Chance(2);
            if (isPresent)
            {
                members.Add(() => Member(Name(field), () => List(field, value)));
            }
            else if (Chance(3))
            {
                members.Add(() => Member(Name(field), () => _json.Append("null")));
            }
        }

        for (; Chance(4);)
        {
            members.Add(() => Member(s_unknown[random.Next(3)] + "x" + random.Next(100), () => _json.Append(s_unknown[random.Next(s_unknown.Length)])));
        }

        var separator = "";
        foreach (var member in members.OrderBy(_ => random.Next()))
        {
            _json.Append(separator);
            Space();
            member();
            Space();
            separator = ",";
        }

        _json.Append('}');
    }

    private static bool IsDefault(object value) => value switch
    {
        IList list => list.Count == 0,
        string text => text.Length == 0,
        ByteString bytes => bytes.IsEmpty,
        double real => BitConverter.DoubleToInt64Bits(real) == 0,
        _ => Convert.ToDouble(value, CultureInfo.InvariantCulture) == 0,
    };

    private void Member(string name, Action value)
    {
        String(name, 20);
        Space();
        _json.Append(':');
        Space();
        value();
    }

    private void List(FieldDescriptor field, object value)
    {
        if (!field.IsRepeated)
        {
            Value(field, value);
            return;
        }

        _json.Append('[');
        var separator = "";
        foreach (var item in (IList)value)
        {
            _json.Append(separator);
            Space();
            Value(field, item);
            Space();
            separator = ",";
        }

        _json.Append(']');
    }

    private void Value(FieldDescriptor field, object value)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                Object((IMessage)value);
                break;
            case FieldType.String:
                String((string)value, 8);
                break;
            case FieldType.Bytes when field.Name.EndsWith("_id", StringComparison.Ordinal):
                var hex = Convert.ToHexString(((ByteString)value).Span);
                String(string.Concat(hex.Select(c => Chance(2) ? c : char.ToLowerInvariant(c))), 50);
                break;
            case FieldType.Bytes:
                var base64 = ((ByteString)value).ToBase64();
                base64 = Chance(2) ? base64 : base64.TrimEnd('=');
                String(Chance(2) ? base64 : base64.Replace('+', '-').Replace('/', '_'), 50);
                break;
            case FieldType.Bool:
                _json.Append((bool)value ? "true" : "false");
                break;
            case FieldType.Enum:
                var number = Convert.ToInt32(value, CultureInfo.InvariantCulture);
                if (field.EnumType.FindValueByNumber(number) is { } known && Chance(3))
                {
                    String(known.Name, 50);
                }
                else
                {
                    Number(number.ToString(CultureInfo.InvariantCulture));
                }

                break;
            case FieldType.Double:
                var real = (double)value;
                var text = real.ToString(Chance(2) ? "R" : "E16", CultureInfo.InvariantCulture);
                if (double.IsFinite(real))
                {
                    Number(text);
                }
                else
                {
                    String(double.IsNaN(real) ? "NaN" : real > 0 ? "Infinity" : "-Infinity", 50);
                }

                break;
            default:
                Number(Integer(Convert.ToString(value, CultureInfo.InvariantCulture)!));
                break;
        }
    }

    // An integer may be written as what it equals: 5.0, 0.5e1, 50e-1.
    private string Integer(string digits)
    {
        var shift = random.Next(1, 4);
        return random.Next(12) switch
        {
            0 => digits + ".0",
            1 when digits != "0" => digits + new string('0', shift) + "e-" + shift,
            2 when digits.EndsWith('0') && digits.Length > 1 => digits[..^1] + "E+1",
            3 when digits.Length > 3 && !digits.StartsWith('-') => $"{digits[0]}.{digits[1..]}e{digits.Length - 1}",
            _ => digits,
        };
    }

    private void Number(string text)
    {
        if (Chance(2))
        {
            String(text, 100);
        }
        else
        {
            _json.Append(text);
        }
    }

    private static string Escape(char c) => $"\\u{(int)c:x4}";

    private void String(string text, int escapeOneIn)
    {
        _json.Append('"');
        foreach (var (i, c) in text.Index())
        {
            _ = c switch
            {
                '"' or '\\' => Chance(2) ? _json.Append('\\').Append(c) : _json.Append(Escape(c)),
                '\n' when Chance(2) => _json.Append("\\n"),
                '\t' when Chance(2) => _json.Append("\\t"),
                '\b' when Chance(2) => _json.Append("\\b"),
                '/' when Chance(2) => _json.Append("\\/"),
                < ' ' => _json.Append(Escape(c)),
                _ when char.IsLowSurrogate(c) => _json[^1] == text[i - 1] ? _json.Append(c) : _json.Append(Escape(c)),
                _ => Chance(escapeOneIn) ? _json.Append(Escape(c)) : _json.Append(c),
            };
        }

        _json.Append('"');
    }

    private string Name(FieldDescriptor field) => Chance(4) ? field.Name : field.JsonName;

    private void Space()
    {
        if (Chance(6))
        {
            _json.Append(" \t\r\n"[random.Next(4)]);
        }
    }

    private bool Chance(int oneIn) => random.Next(oneIn) == 0;
}
