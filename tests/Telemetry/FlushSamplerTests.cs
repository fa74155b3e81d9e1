using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry.Trace;
using OtelOrleans.Silo.Telemetry;
using OtelOrleans.Sql;

namespace OtelOrleans.Tests.Telemetry;

/// <summary>Of which flushes there are spans.</summary>
public sealed class FlushSamplerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FlushSampler _sampler;

    public FlushSamplerTests() => _sampler = new FlushSampler("otelorleans", TimeSpan.FromSeconds(10), _time);

    [Fact]
    public void However_many_flushes_there_are_one_span_is_kept_per_interval()
    {
        var kept = 0;
        for (var flush = 0; flush < 10_000; flush++)
        {
            kept += IsKept("cart") ? 1 : 0;
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(10, kept);
    }

    [Fact]
    public void Flush_that_stores_nothing_but_own_telemetry_has_no_span()
    {
        Assert.False(IsKept("otelorleans"));
        Assert.True(IsKept(null));
    }

    [Fact]
    public void Flushes_of_own_telemetry_do_not_take_the_place_of_others()
    {
        IsKept("otelorleans");

        Assert.True(IsKept("cart"));
    }

    private bool IsKept(string? service)
    {
        KeyValuePair<string, object?>[] tags = service is null ? [] : [new(SqlTelemetry.ServiceTag, service)];
        return _sampler.ShouldSample(new SamplingParameters(default, ActivityTraceId.CreateRandom(), "flush", ActivityKind.Internal, tags)).Decision == SamplingDecision.RecordAndSample;
    }
}
