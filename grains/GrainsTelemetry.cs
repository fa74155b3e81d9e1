using OtelOrleans.Grains.Decoding;
using OtelOrleans.Grains.Sessions;

namespace OtelOrleans.Grains;

/// <summary>Names under which this project measures.</summary>
public static class GrainsTelemetry
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "OtelOrleans.Grains";

    /// <summary>Has counters whose tags are known beforehand begin at zero, so that the first happening shows as a rise.</summary>
    public static void Begin()
    {
        DecodeMetrics.Begin();
        SessionMetrics.Begin();
    }
}
