namespace OtelOrleans.Sql;

/// <summary>Names under which this project measures.</summary>
public static class SqlTelemetry
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "OtelOrleans.Sql";
}
