using CsCheck;
using OtelOrleans.Sql.Rollups;

namespace OtelOrleans.Tests.Rollups;

public sealed class DurationBucketsTests
{
    /// <summary>The promise is 5 % for percentiles; the arithmetic gives 2^(1/16).</summary>
    [Fact]
    public void Middle_of_a_bucket_is_close_to_every_duration_in_it() =>
        Gen.Select(Gen.Int[0, 62], Gen.ULong).Sample((bits, low) =>
        {
            var duration = (long)(1UL << bits | low & ((1UL << bits) - 1));
            var bucket = DurationBuckets.Of(duration);
            var middle = bucket == 0 ? 1 : Math.Pow(2, (bucket - 0.5) / 8);
            Assert.InRange(bucket, 0, DurationBuckets.Count - 1);
            Assert.InRange(middle / duration, 1 / 1.0443, 1.0443);
        });

    [Fact]
    public void Longer_durations_are_never_in_an_earlier_bucket() =>
        Gen.Select(Gen.Long, Gen.Long).Sample((a, b) => Assert.True(DurationBuckets.Of(Math.Min(a, b)) <= DurationBuckets.Of(Math.Max(a, b))));

    [Theory]
    [InlineData(long.MinValue, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 8)]
    [InlineData(1024, 80)]
    [InlineData(1025, 81)]
    [InlineData(1L << 62, 496)]
    [InlineData(long.MaxValue, 504)]
    public void Powers_of_two_are_borders(long duration, short bucket) => Assert.Equal(bucket, DurationBuckets.Of(duration));
}
