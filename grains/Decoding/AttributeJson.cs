using System.Runtime.CompilerServices;
using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Attributes and values as JSON: strings, booleans, integers and lists as themselves, doubles with a point or an exponent, bytes in base64, null for a value that is not set.
/// Keys stay in their order, repeated ones too: jsonb then keeps the last, so the row is lossy. It is also where <see cref="ValueLimits"/> cut something off.
/// </summary>
internal static class AttributeJson
{
    /// <summary>Writes a jsonb column.</summary>
    /// <param name="rows">Where to.</param>
    /// <param name="fields">Fields of a message; others may stand between the attributes.</param>
    /// <param name="tag">The tag of the attributes among them.</param>
    /// <param name="limits">What is cut off.</param>
    public static void WriteColumn(CopyRowBuffer rows, ReadOnlySpan<byte> fields, uint tag, ValueLimits limits)
    {
        var column = rows.BeginJsonb();
        WriteObject(rows, fields, tag, 0, limits);
        rows.EndColumn(column);
    }

    /// <summary>Writes an object.</summary>
    public static void WriteObject(CopyRowBuffer rows, ReadOnlySpan<byte> fields, uint tag, int depth, ValueLimits limits)
    {
        rows.WriteRaw((byte)'{');
        var count = 0;

        // A map within a value is a value: only the size of its record bounds it.
        var most = depth == 0 ? limits.MaxAttributes : int.MaxValue;
        var compared = KeySet.MaxComparedIn(fields);
        var keys = new KeySet();
        var reader = new WireReader(fields);
        while (!reader.AtEnd)
        {
            var start = reader.Position;
            var next = reader.ReadTag();
            if (next != tag)
            {
                reader.Skip(next);
                continue;
            }

            if (count == most)
            {
                rows.MarkLossy(CopyLosses.TooManyAttributes);
                break;
            }

            var message = reader.ReadBytes();
            var attribute = KeyValueView.Read(message);
            if (count < compared && keys.MayContain(attribute.Key) && KeySet.Occurs(attribute.Key, fields[..start], tag))
            {
                rows.MarkLossy(CopyLosses.RepeatedKey);
            }

            if (!attribute.IsShort || !TryWriteShort(rows, attribute, fields[(reader.Position - message.Length)..], limits, isFirst: count == 0))
            {
                rows.WriteJsonName(attribute.Key, isFirst: count == 0);
                WriteValue(rows, attribute.Value, depth, limits);
            }

            count++;
        }

        if (count > compared && KeySet.AnyRepeats(fields, tag, count))
        {
            rows.MarkLossy(CopyLosses.RepeatedKey);
        }

        rows.WriteRaw((byte)'}');
    }

    /// <summary>Writes an <c>AnyValue</c>.</summary>
    public static void WriteValue(CopyRowBuffer rows, ReadOnlySpan<byte> anyValue, int depth, ValueLimits limits)
    {
        if (TryGetText(anyValue, out var text))
        {
            rows.WriteJsonString(text);
        }
        else
        {
            WriteValue(rows, AnyValueView.Read(anyValue), depth, limits);
        }
    }

    /// <summary>Writes an <c>AnyValue</c>.</summary>
    public static void WriteValue(CopyRowBuffer rows, AnyValueView value, int depth, ValueLimits limits)
    {
        switch (value.Kind)
        {
            case AnyValueFields.StringValue or AnyValueFields.BytesValue when value.Bytes.Length > limits.MaxValueBytes:
                WriteCut(rows, value, limits.MaxValueBytes);
                break;
            case AnyValueFields.StringValue:
                rows.WriteJsonString(value.Bytes);
                break;
            case AnyValueFields.BoolValue:
                rows.WriteJsonBool(value.Number != 0);
                break;
            case AnyValueFields.IntValue:
                rows.WriteJsonInt((long)value.Number);
                break;
            case AnyValueFields.DoubleValue:
                rows.WriteJsonDouble(BitConverter.UInt64BitsToDouble(value.Number));
                break;
            case AnyValueFields.BytesValue:
                rows.WriteJsonBase64(value.Bytes);
                break;
            case AnyValueFields.ArrayValue or AnyValueFields.KeyValueListValue:
                WriteList(rows, value, depth, limits);
                break;
            default:
                rows.WriteJsonNull();
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteCut(CopyRowBuffer rows, AnyValueView value, int maxBytes)
    {
        rows.MarkLossy(CopyLosses.ValueTooLong);
        if (value.Kind == AnyValueFields.BytesValue)
        {
            rows.MarkLossy(CopyLosses.BytesValue);
            rows.WriteJsonString(CutText.MarkedBase64(value.Bytes, maxBytes));
        }
        else
        {
            rows.WriteJsonString(CutText.Marked(value.Bytes, maxBytes));
        }
    }

    /// <summary>Writes a short attribute whose value is a string, an integer or a boolean. False, and nothing written, if it is another or needs a closer look.</summary>
    /// <param name="rows">Where to.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="onward">From its first byte to the end of the fields.</param>
    /// <param name="limits">Nothing so short is cut.</param>
    /// <param name="isFirst">No comma comes before it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryWriteShort(CopyRowBuffer rows, KeyValueView attribute, ReadOnlySpan<byte> onward, ValueLimits limits, bool isFirst)
    {
        var name = onward[KeyValueView.ShortKeyStart..];
        if (TryGetText(attribute.Value, out var text))
        {
            return rows.TryWriteJsonMember(name, attribute.Key.Length, onward[(attribute.ShortValueStart + 2)..], text.Length, isFirst);
        }

        var value = attribute.Value;
        if (value.Length is 2 or 3 && value[0] is (byte)AnyValueFields.IntValue or (byte)AnyValueFields.BoolValue && rows.TryWriteJsonName(name, attribute.Key.Length, isFirst))
        {
            WriteValue(rows, AnyValueView.Read(value), 0, limits);
            return true;
        }

        return false;
    }

    // Most values are one short string and nothing else; so short that no limit cuts it.
    private static bool TryGetText(ReadOnlySpan<byte> anyValue, out ReadOnlySpan<byte> text)
    {
        if (anyValue.Length >= 2 && anyValue[0] == AnyValueFields.StringValue && anyValue[1] < 0x80 && anyValue[1] == anyValue.Length - 2)
        {
            text = anyValue[2..];
            return true;
        }

        text = default;
        return false;
    }

    private static void WriteList(CopyRowBuffer rows, AnyValueView value, int depth, ValueLimits limits)
    {
        if (depth >= limits.MaxDepth)
        {
            rows.MarkLossy(CopyLosses.TooDeep);
            rows.WriteJsonNull();
        }
        else if (!rows.TryCountList(limits.MaxLists))
        {
            rows.MarkLossy(CopyLosses.TooManyLists);
            rows.WriteJsonNull();
        }
        else if (value.Kind == AnyValueFields.ArrayValue)
        {
            WriteArray(rows, value.Bytes, depth + 1, limits);
        }
        else
        {
            WriteObject(rows, value.Bytes, ListFields.Values, depth + 1, limits);
        }
    }

    private static void WriteArray(CopyRowBuffer rows, ReadOnlySpan<byte> values, int depth, ValueLimits limits)
    {
        rows.WriteRaw((byte)'[');
        var isFirst = true;
        var reader = new WireReader(values);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag != ListFields.Values)
            {
                reader.Skip(tag);
                continue;
            }

            if (!isFirst)
            {
                rows.WriteRaw((byte)',');
            }

            WriteValue(rows, reader.ReadBytes(), depth, limits);
            isFirst = false;
        }

        rows.WriteRaw((byte)']');
    }
}
