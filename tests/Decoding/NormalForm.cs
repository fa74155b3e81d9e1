using Google.Protobuf;
using Google.Protobuf.Collections;
using OpenTelemetry.Proto.Common.V1;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Resource.V1;
using OpenTelemetry.Proto.Trace.V1;

namespace OtelOrleans.Tests.Decoding;

/// <summary>
/// One form for what means the same in OTLP, so that messages can be compared. These are the differences that storing does not keep; <c>proto/README.md</c> lists them: the order
/// of attributes and of the exemplars of a point, an absent value and an empty one, an absent message and one of defaults, and whatever is not in the schema.
/// </summary>
internal static class NormalForm
{
    public static T Of<T>(T message)
        where T : IMessage<T>
    {
        var copy = (T)message.Descriptor.Parser.WithDiscardUnknownFields(true).ParseFrom(message.ToByteArray());
        Normalise(copy);
        return copy;
    }

    private static void Normalise(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(f => f.FieldType == Google.Protobuf.Reflection.FieldType.Message))
        {
            if (field.IsRepeated)
            {
                foreach (IMessage item in (System.Collections.IList)field.Accessor.GetValue(message))
                {
                    Normalise(item);
                }

                if (field.Accessor.GetValue(message) is RepeatedField<KeyValue> attributes)
                {
                    var sorted = attributes.OrderBy(a => a.Key, StringComparer.Ordinal).ToList();
                    attributes.Clear();
                    attributes.AddRange(sorted);
                }
                else if (field.Accessor.GetValue(message) is RepeatedField<Exemplar> exemplars)
                {
                    var sorted = exemplars.OrderBy(e => e.ToByteString().ToBase64(), StringComparer.Ordinal).ToList();
                    exemplars.Clear();
                    exemplars.AddRange(sorted);
                }
            }
            else if (field.Accessor.GetValue(message) is IMessage child)
            {
                Normalise(child);
            }
        }

        switch (message)
        {
            case KeyValue { Value: null } attribute:
                attribute.Value = new();
                break;
            case Span { Status: { } status } span when status.CalculateSize() == 0:
                span.Status = null;
                break;
            case LogRecord { Body: { ValueCase: AnyValue.ValueOneofCase.None } } record:
                record.Body = null;
                break;
            case ResourceSpans envelope:
                envelope.Resource ??= new Resource();
                break;
            case ScopeSpans envelope:
                envelope.Scope ??= new InstrumentationScope();
                break;
        }
    }
}
