namespace OtelOrleans.Grains.Decoding;

/// <summary>The kinds of metrics, as <c>metric_series.type</c> numbers them.</summary>
internal enum MetricType : short
{
    Gauge = 1,
    Sum = 2,
    Histogram = 3,
    ExponentialHistogram = 4,
    Summary = 5,
}
