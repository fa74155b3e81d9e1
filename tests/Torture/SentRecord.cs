using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Torture;

/// <summary>What one record holds: items with the numbers from <paramref name="First"/> on, which no other record of its signal has; or poison.</summary>
/// <param name="Number">The record's own number: its key in Kafka.</param>
/// <param name="Signal">The signal.</param>
/// <param name="First">Number of its first item.</param>
/// <param name="Items">How many items it has.</param>
/// <param name="Refused">Number of the item that Postgres refuses; null if none.</param>
/// <param name="Poison">Reason and bytes of the dead letter that it must become; null if it is OTLP.</param>
internal sealed record SentRecord(long Number, Signal Signal, int First, int Items, int? Refused, (string Reason, byte[] Payload)? Poison);
