namespace OtelOrleans.Tests.Torture;

/// <summary>A time from a range.</summary>
internal readonly record struct TimeRange(double MinSeconds, double MaxSeconds)
{
    public TimeSpan Choose(Random random) => TimeSpan.FromSeconds(MinSeconds + (random.NextDouble() * (MaxSeconds - MinSeconds)));
}
