using Confluent.Kafka;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Kafka;

/// <summary>The signal of a record: the header <c>otelcol.signal</c> where it says one, else the topic's.</summary>
internal static class KafkaSignal
{
    public const string Header = "otelcol.signal";

    public static string NameOf(Signal signal) => signal switch
    {
        Signal.Traces => "traces",
        Signal.Logs => "logs",
        _ => "metrics",
    };

    public static Signal Of(Headers? headers, Signal topicSignal)
    {
        if (headers is null || !headers.TryGetLastBytes(Header, out var value))
        {
            return topicSignal;
        }

        return value.AsSpan() switch
        {
            var v when v.SequenceEqual("traces"u8) => Signal.Traces,
            var v when v.SequenceEqual("logs"u8) => Signal.Logs,
            var v when v.SequenceEqual("metrics"u8) => Signal.Metrics,
            _ => topicSignal,
        };
    }
}
