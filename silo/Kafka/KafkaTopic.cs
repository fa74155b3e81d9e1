using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Kafka;

/// <summary>Topics of one signal.</summary>
/// <param name="Signal">What their records hold unless the header <c>otelcol.signal</c> says otherwise.</param>
/// <param name="Name">A topic name.</param>
public readonly record struct KafkaTopic(Signal Signal, string Name);
