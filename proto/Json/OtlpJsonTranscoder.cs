using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OtelOrleans.Proto.Json;

/// <summary>
/// Rewrites a request in OTLP/JSON as the same request in protobuf, so that one decoder reads both and the two cannot differ in what they mean. Reads forward once; allocates nothing
/// but its buffers, which it keeps. Anything that is not such JSON ends in <see cref="MalformedPayloadException"/> with the position. The rules stand in the README of this folder's
/// project. Not thread safe.
/// </summary>
public sealed partial class OtlpJsonTranscoder
{
    /// <summary>
    /// Objects and arrays may be nested this deep: 16 levels of envelope, 4 for each of the 32 levels of lists that the decoder keeps, and as many again that it cuts off.
    /// Each object takes a step of recursion, and this is what bounds it.
    /// </summary>
    public const int MaxDepth = 16 + 4 * 32 * 2;

    private const string TooLong = "within 256 MiB";

    // Where messages usually end (the value of an exemplar's attribute is at level 8). What is nested deeper has a long length set aside from the start: else each level of lists
    // in lists that turns out long would move all that is in it.
    private const int MaxShortLevel = 9;

    // Taking out the former value of a key that comes again moves all that follows it in the message. That may be nearly everything, at each of the levels and once for each field.
    private const int MaxMovesPerByte = 16;
    private const int FreeMoves = 64 * 1024;

    private readonly WireBuffer _output = new();
    private readonly WireBuffer _scratch = new();
    private long _movesLeft;

    // For each message that is open, where in the output the fields begin that it has so far. An object within an object is a level, whether a list lies between or not.
    private readonly int[] _starts = new int[(MaxDepth + 1) * JsonMessage.MaxFields];

    /// <summary>Rewrites an <c>ExportTraceServiceRequest</c>. The result is valid until the next call.</summary>
    public ReadOnlySpan<byte> TranscodeTraces(ReadOnlySpan<byte> json) => Transcode(json, OtlpJsonSchema.Traces);

    /// <summary>Rewrites an <c>ExportLogsServiceRequest</c>. The result is valid until the next call.</summary>
    public ReadOnlySpan<byte> TranscodeLogs(ReadOnlySpan<byte> json) => Transcode(json, OtlpJsonSchema.Logs);

    /// <summary>Rewrites an <c>ExportMetricsServiceRequest</c>. The result is valid until the next call.</summary>
    public ReadOnlySpan<byte> TranscodeMetrics(ReadOnlySpan<byte> json) => Transcode(json, OtlpJsonSchema.Metrics);

    private ReadOnlySpan<byte> Transcode(ReadOnlySpan<byte> json, JsonMessage request)
    {
        _output.Clear();
        _scratch.Clear();
        _movesLeft = FreeMoves + (long)MaxMovesPerByte * json.Length;
        var reader = new Utf8JsonReader(OtlpJson.SkipMark(json), new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new MalformedPayloadException("The JSON is not an object.");
            }

            ReadMessage(ref reader, request, 0);

            // Finds what stands behind the object.
            reader.Read();
        }
        catch (JsonException)
        {
            // The exception's own message quotes the payload, which may hold anything. A level that has just begun is not counted yet.
            throw new MalformedPayloadException(reader.CurrentDepth >= MaxDepth - 1
                ? $"The JSON is nested deeper than {MaxDepth} levels, at byte {reader.BytesConsumed}."
                : $"The JSON is broken or ends too early, after byte {reader.BytesConsumed}.");
        }

        return _output.Written;
    }

    // The reader stands at the opening brace, and then at the closing one.
    private void ReadMessage(ref Utf8JsonReader reader, JsonMessage message, int level)
    {
        var starts = _starts.AsSpan(level * JsonMessage.MaxFields, JsonMessage.MaxFields);
        uint written = 0;
        var expected = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Content(ref reader);
            var field = message.Find(name, expected);
            if (field is null)
            {
                if (level == 0)
                {
                    RefuseOtherSignal(reader, name);
                }

                reader.Skip();
                continue;
            }

            reader.Read();
            expected = field.Index + 1;
            var bit = 1u << field.Index;
            if ((written & bit) != 0)
            {
                Forget(reader, field, starts, ref written);
            }

            if (reader.TokenType == JsonTokenType.Null)
            {
                continue;
            }

            var start = _output.Length;
            starts[field.Index] = start;
            if (field.IsRepeated)
            {
                ReadList(ref reader, field, level);
            }
            else
            {
                ReadValue(ref reader, field, level);
            }

            // An empty list leaves nothing behind.
            written |= _output.Length > start ? bit : 0;
        }
    }

    // Logs on a topic of traces: stepped over as unknown fields they would be gone without a trace.
    private static void RefuseOtherSignal(in Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if ((OtlpJsonSchema.Traces.Find(name) ?? OtlpJsonSchema.Logs.Find(name) ?? OtlpJsonSchema.Metrics.Find(name)) is { } other)
        {
            throw new OtherSignalException($"The JSON is a request of another signal: it has {other.Name}, at byte {reader.TokenStartIndex}.");
        }
    }

    // A key that comes again: the last one counts, as in every JSON parser, where protobuf would merge messages and continue lists. So the former value is taken out.
    private void Forget(in Utf8JsonReader reader, JsonField field, Span<int> starts, ref uint written)
    {
        // A value reaches to the beginning of the next one.
        var start = starts[field.Index];
        var end = _output.Length;
        for (var left = written; left != 0; left &= left - 1)
        {
            var other = starts[BitOperations.TrailingZeroCount(left)];
            end = other > start ? Math.Min(end, other) : end;
        }

        _movesLeft -= _output.Length - end;
        if (_movesLeft < 0)
        {
            Fail(reader, field, "given once: too much stands between keys that come again");
        }

        _output.Remove(start, end);
        for (var left = written; left != 0; left &= left - 1)
        {
            ref var other = ref starts[BitOperations.TrailingZeroCount(left)];
            other -= other > start ? end - start : 0;
        }

        written &= ~(1u << field.Index);
    }

    private void ReadList(ref Utf8JsonReader reader, JsonField field, int level)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Fail(reader, field, "an array");
        }

        if (field.IsPacked)
        {
            ReadPacked(ref reader, field);
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Null)
            {
                if (field.NullIsEmpty)
                {
                    _output.WriteVarint(field.Tag);
                    _output.WriteVarint(0);
                }

                continue;
            }

            ReadValue(ref reader, field, level);
        }
    }

    private void ReadPacked(ref Utf8JsonReader reader, JsonField field)
    {
        var start = _output.Length;
        _output.WriteVarint(field.Tag);
        var content = _output.BeginLength();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // A null among numbers ends up here too, and fails: leaving it out would move those behind it.
            ReadNumber(ref reader, field);
        }

        if (_output.Length == content)
        {
            _output.TruncateTo(start);
        }
        else
        {
            EndLength(reader, field, content);
        }
    }

    private void ReadValue(ref Utf8JsonReader reader, JsonField field, int level)
    {
        // The two that nearly everything consists of.
        if (field.Kind == JsonFieldKind.Text)
        {
            _output.WriteField(field.Tag, String(ref reader, field));
            return;
        }

        _output.WriteVarint(field.Tag);
        if (field.Kind == JsonFieldKind.Message)
        {
            ReadNested(ref reader, field, level);
            return;
        }

        switch (field.Kind)
        {
            case JsonFieldKind.Id:
                WriteId(String(ref reader, field));
                break;
            case JsonFieldKind.Bytes:
                ReadBase64(ref reader, field);
                break;
            default:
                ReadNumber(ref reader, field);
                break;
        }
    }

    private void ReadNested(ref Utf8JsonReader reader, JsonField field, int level)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Fail(reader, field, "an object");
        }

        var message = field.Message!;
        if (!message.IsShort || level > MaxShortLevel)
        {
            var content = _output.BeginLength();
            ReadMessage(ref reader, message, level + 1);
            EndLength(reader, field, content);
            return;
        }

        var shortContent = _output.BeginShortLength();
        ReadMessage(ref reader, message, level + 1);
        if (!_output.TryEndShortLength(shortContent))
        {
            Fail(reader, field, TooLong);
        }
    }

    private void EndLength(in Utf8JsonReader reader, JsonField field, int content)
    {
        if (!_output.TryEndLength(content))
        {
            Fail(reader, field, TooLong);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> String(ref Utf8JsonReader reader, JsonField field)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            Fail(reader, field, "a string");
        }

        return Content(ref reader);
    }

    // What a string or name says, without quotes and escapes; valid until the next one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Content(ref Utf8JsonReader reader) => reader.ValueIsEscaped ? Unescape(reader.ValueSpan) : reader.ValueSpan;

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> escaped)
    {
        _scratch.TruncateTo(0);
        _scratch.Advance(JsonText.Unescape(escaped, _scratch.Reserve(escaped.Length)));
        return _scratch.Written;
    }

    [DoesNotReturn, MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fail(in Utf8JsonReader reader, JsonField field, string expected) =>
        throw new MalformedPayloadException($"In the JSON the value of {field.Name} is not {expected}, at byte {reader.TokenStartIndex}.");
}
