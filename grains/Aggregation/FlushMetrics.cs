using System.Diagnostics.Metrics;

namespace OtelOrleans.Grains.Aggregation;

/// <summary>What aggregators count, per flush.</summary>
internal static class FlushMetrics
{
    private static readonly Meter s_meter = new(GrainsTelemetry.MeterName);

    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram(
        "otelorleans.flush.duration", "s", "Time from an aggregator's taking rows out of its buffer to their being durable, waiting and trying again included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });

    private static readonly Histogram<long> s_rows = s_meter.CreateHistogram(
        "otelorleans.flush.rows", "{row}", "Rows of a flush of one aggregator.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 10, 50, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000] });

    public static void Committed(TimeSpan duration, long rows)
    {
        s_duration.Record(duration.TotalSeconds);
        s_rows.Record(rows);
    }
}
