using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Rollups;

namespace OtelOrleans.Sql;

/// <summary>Names under which this project measures.</summary>
public static class SqlTelemetry
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "OtelOrleans.Sql";

    /// <summary>The source of the spans of flushes.</summary>
    public const string ActivitySourceName = "OtelOrleans.Sql";

    /// <summary>On a span of a flush that holds rows of one service: which. Known when the span begins, for a sampler to look at.</summary>
    public const string ServiceTag = "otelorleans.service";

    /// <summary>Has counters whose tags are known beforehand begin at zero, so that the first happening shows as a rise.</summary>
    public static void Begin()
    {
        CopyMetrics.Begin();
        SpanRollups.Begin();
    }
}
