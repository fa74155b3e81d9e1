using System.Numerics;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Finds payloads that were sent to the topic of another signal. The envelopes of the three signals are the same on the wire, and protobuf takes a field whose wire type does not fit for
/// one it does not know, so logs "decode" as spans of nothing.
/// </summary>
/// <remarks>
/// The rule: an item is of another signal if a field of it has another wire type than its signal's schema gives that number, and either all of them have those of another signal's schema or none
/// has that of its own. (A stray field of a wrong type is stepped over, as protobuf demands.) A valid payload cannot break the rule, since wire types never change; a payload of another signal with
/// what is mandatory there does:
/// <list type="bullet">
/// <item>a log record has a time: field 1 or 11 as fixed64, where spans and metrics have bytes;</item>
/// <item>a span has a trace id and a start: field 1 as bytes, where logs have fixed64; field 7 as fixed64, where metrics have bytes;</item>
/// <item>a metric has a name: field 1 as bytes, where logs have fixed64. As a span, sums (7) and exponential histograms (10) have a wrong wire type; gauges, histograms and summaries have not.
/// They are found by what is in them: the item has neither of a span's times, and field 5, 9 or 11, where a span has its name, attributes and events, holds data points that have a time.</item>
/// </list>
/// Items are looked at from the first on until one can be of one signal only; usually that is the first.
/// </remarks>
internal static class SignalCheck
{
    // An item that could be of several signals is rare, a payload of nothing else rarer: no need to walk all of it twice.
    private const int MaxItems = 8;

    // Of each signal the wire types of fields 1 to 16, 4 bits each; any is 15.
    private const ulong Any = ulong.MaxValue;

    private static readonly ulong s_spans = WireTypes(
    [
        SpanFields.TraceId, SpanFields.SpanId, SpanFields.TraceState, SpanFields.ParentSpanId, SpanFields.Name, SpanFields.Kind, SpanFields.StartTimeUnixNano, SpanFields.EndTimeUnixNano,
        SpanFields.Attributes, SpanFields.DroppedAttributesCount, SpanFields.Events, SpanFields.DroppedEventsCount, SpanFields.Links, SpanFields.DroppedLinksCount, SpanFields.Status, SpanFields.Flags,
    ]);

    private static readonly ulong s_logs = WireTypes(
    [
        LogRecordFields.TimeUnixNano, LogRecordFields.SeverityNumber, LogRecordFields.SeverityText, LogRecordFields.Body, LogRecordFields.Attributes, LogRecordFields.DroppedAttributesCount,
        LogRecordFields.Flags, LogRecordFields.TraceId, LogRecordFields.SpanId, LogRecordFields.ObservedTimeUnixNano, LogRecordFields.EventName,
    ]);

    private static readonly ulong s_metrics = WireTypes(
    [
        MetricFields.Name, MetricFields.Description, MetricFields.Unit, MetricFields.Gauge, MetricFields.Sum, MetricFields.Histogram, MetricFields.ExponentialHistogram, MetricFields.Summary,
        MetricFields.Metadata,
    ]);

    /// <summary>Signals that an item can be of.</summary>
    [Flags]
    private enum Fit
    {
        None = 0,
        Traces = 1 << Signal.Traces,
        Logs = 1 << Signal.Logs,
        Metrics = 1 << Signal.Metrics,
    }

    /// <summary>Looks at the first items of a payload.</summary>
    /// <exception cref="RefusedPayloadException">The payload cannot be of the signal.</exception>
    /// <exception cref="MalformedPayloadException">The payload is not protobuf.</exception>
    public static void Check(Signal signal, ReadOnlySpan<byte> payload)
    {
        var left = MaxItems;
        var reader = new WireReader(payload);
        while (left > 0 && TryNext(ref reader, RequestFields.Resources, out var resource))
        {
            var scopes = new WireReader(resource);
            while (left > 0 && TryNext(ref scopes, ResourceItemsFields.Scopes, out var scope))
            {
                var items = new WireReader(scope);
                while (left > 0 && TryNext(ref items, ScopeItemsFields.Items, out var item))
                {
                    left = IsCertain(signal, item) ? 0 : left - 1;
                }
            }
        }
    }

    private static bool IsCertain(Signal signal, ReadOnlySpan<byte> item)
    {
        var fit = FitOf(item, signal, out var hasOwnField);
        if (fit == (Fit.Traces | Fit.Metrics) && IsMetric(item))
        {
            fit = Fit.Metrics;
        }

        if (((int)fit & 1 << (int)signal) != 0)
        {
            return BitOperations.IsPow2((int)fit);
        }

        if (fit != Fit.None || !hasOwnField)
        {
            Throw(signal, fit);
        }

        return false;
    }

    private static Fit FitOf(ReadOnlySpan<byte> item, Signal signal, out bool hasOwnField)
    {
        var own = signal switch { Signal.Traces => s_spans, Signal.Logs => s_logs, _ => s_metrics };
        ulong notSpan = 0, notLog = 0, notMetric = 0;

        // An item without fields is of any signal.
        hasOwnField = item.IsEmpty;
        var reader = new WireReader(item);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            reader.Skip(tag);
            var shift = (int)((tag >> 3) - 1) * 4;
            if (shift < 64)
            {
                // A wire type that is not the schema's, where the schema has one at all.
                var actual = (ulong)(tag & 7);
                notSpan |= Differs(s_spans >> shift & 15, actual);
                notLog |= Differs(s_logs >> shift & 15, actual);
                notMetric |= Differs(s_metrics >> shift & 15, actual);
                hasOwnField |= (own >> shift & 15) == actual;
            }
        }

        return (notSpan == 0 ? Fit.Traces : 0) | (notLog == 0 ? Fit.Logs : 0) | (notMetric == 0 ? Fit.Metrics : 0);
    }

    private static ulong Differs(ulong expected, ulong actual) => expected == 15 ? 0 : expected ^ actual;

    // Only asked where wire types do not tell: of spans without times.
    private static bool IsMetric(ReadOnlySpan<byte> item)
    {
        var hasPoint = false;
        var reader = new WireReader(item);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case SpanFields.StartTimeUnixNano or SpanFields.EndTimeUnixNano:
                    return false;
                case MetricFields.Gauge or MetricFields.Histogram or MetricFields.Summary:
                    hasPoint |= HasPoint(reader.ReadBytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return hasPoint;
    }

    private static bool HasPoint(ReadOnlySpan<byte> data)
    {
        try
        {
            var points = new WireReader(data);
            if (!TryNext(ref points, MetricDataFields.DataPoints, out var point))
            {
                return false;
            }

            var hasTime = false;
            var reader = new WireReader(point);
            while (!reader.AtEnd)
            {
                var tag = reader.ReadTag();
                hasTime |= tag == PointFields.TimeUnixNano;
                reader.Skip(tag);
            }

            return hasTime;
        }
        catch (MalformedPayloadException)
        {
            // The name or the attributes of a span, which nobody said to be a message of points.
            return false;
        }
    }

    private static bool TryNext(ref WireReader reader, uint wanted, out ReadOnlySpan<byte> message)
    {
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == wanted)
            {
                message = reader.ReadBytes();
                return true;
            }

            reader.Skip(tag);
        }

        message = default;
        return false;
    }

    private static ulong WireTypes(ReadOnlySpan<uint> tags)
    {
        var types = Any;
        foreach (var tag in tags)
        {
            var shift = (int)((tag >> 3) - 1) * 4;
            types = types & ~(15ul << shift) | (ulong)(tag & 7) << shift;
        }

        return types;
    }

    private static void Throw(Signal signal, Fit fit) => throw new RefusedPayloadException(
        DeadLetterReason.WrongSignal,
        $"This cannot be {NameOf(signal)}{(fit == Fit.None ? "" : ": it looks like " + string.Join(" or ", Enum.GetValues<Signal>().Where(s => ((int)fit & 1 << (int)s) != 0).Select(NameOf)))}. "
        + "Check the topic it was sent to, and its header otelcol.signal.");

    private static string NameOf(Signal signal) => signal switch
    {
        Signal.Traces => "traces",
        Signal.Logs => "logs",
        _ => "metrics",
    };
}
