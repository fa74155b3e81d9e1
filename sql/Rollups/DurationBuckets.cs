using System.Numerics;

namespace OtelOrleans.Sql.Rollups;

/// <summary>
/// Histogram of durations on a logarithmic scale, eight buckets to a doubling: bucket b holds durations in (2^((b-1)/8), 2^(b/8)] ns, bucket 0 those of 1 ns and less. Counts of
/// a bucket add up, over flushes, minutes and services; the middle of a bucket is at most 4.5 % away from anything in it (2^(1/16)). It is the scale 3 of OpenTelemetry's
/// exponential histograms. The SQL function <c>otel.duration_bucket</c> does the same.
/// </summary>
internal static class DurationBuckets
{
    private const int PerDoubling = 8;

    /// <summary>Buckets: a duration of 2^63 ns is in the last.</summary>
    public const int Count = 63 * PerDoubling + 1;

    // The borders within a doubling, 2^(i/8), as fractions of 2^63.
    private static readonly ulong[] Borders = [.. Enumerable.Range(1, PerDoubling - 1).Select(i => (ulong)(Math.Pow(2, i / (double)PerDoubling) * (1UL << 63)))];

    /// <summary>The bucket of a duration.</summary>
    public static short Of(long nanoseconds)
    {
        if (nanoseconds <= 1)
            return 0;
        var doublings = BitOperations.Log2((ulong)nanoseconds);
        var mantissa = (ulong)nanoseconds << (63 - doublings);
        if (mantissa == 1UL << 63)
            return (short)(doublings * PerDoubling);
        var part = 0;
        while (part < Borders.Length && mantissa > Borders[part])
            part++;
        return (short)(doublings * PerDoubling + part + 1);
    }
}
