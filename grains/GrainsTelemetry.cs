namespace OtelOrleans.Grains;

/// <summary>Names under which this project measures.</summary>
public static class GrainsTelemetry
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "OtelOrleans.Grains";
}
