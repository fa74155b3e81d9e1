using OpenTelemetry.Trace;
using OtelOrleans.Sql;

namespace OtelOrleans.Silo.Telemetry;

/// <summary>
/// Keeps the span of a flush now and then, by the clock, so that their number does not grow with the load; and none of a flush that stores nothing but this cluster's own
/// telemetry: sent into the topics that it reads, spans of storing spans would go round for ever.
/// </summary>
/// <param name="ownService">Name under which the cluster sends its telemetry.</param>
/// <param name="interval">Least time from one span to the next.</param>
/// <param name="time">The clock.</param>
internal sealed class FlushSampler(string ownService, TimeSpan interval, TimeProvider time) : Sampler
{
    private const long Never = 0;

    private long _lastAt = Never;

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        foreach (var tag in samplingParameters.Tags ?? [])
        {
            if (tag.Key == SqlTelemetry.ServiceTag && ownService.Equals(tag.Value as string, StringComparison.Ordinal))
            {
                return new(SamplingDecision.Drop);
            }
        }

        var last = Volatile.Read(ref _lastAt);
        var now = time.GetTimestamp();
        var isDue = last == Never || time.GetElapsedTime(last, now) >= interval;
        return new(isDue && Interlocked.CompareExchange(ref _lastAt, now, last) == last ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
    }
}
