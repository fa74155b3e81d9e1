using OtelOrleans.Tests.Demo;

namespace OtelOrleans.Tests.Torture;

/// <summary>Short forms of what <c>make torture</c> does for minutes.</summary>
public sealed class TortureTests(ITestOutputHelper output)
{
    /// <summary>What rows take beyond the payloads that they come of, and what the collector has not collected. Bytes.</summary>
    private const long BesidePayloads = 100_000_000;

    [Fact]
    public async Task Whatever_breaks_each_record_is_stored_once()
    {
        var result = await RunAsync(TortureOptions.Mixed(TimeSpan.FromMinutes(1), seed: 1));

        Assert.True(result.Faults.Values.Sum() > 5, "hardly anything was broken");
    }

    [Fact]
    public async Task Records_of_one_span_are_stored_once_at_a_high_rate() =>
        await RunAsync(new TortureOptions { Duration = TimeSpan.FromSeconds(5), Load = Load.Tiny, Silos = 1 });

    [Fact]
    public async Task Records_of_four_megabytes_are_stored_once() =>
        await RunAsync(new TortureOptions { Duration = TimeSpan.FromSeconds(5), Load = Load.Huge, Silos = 1 });

    [Fact]
    public async Task Silo_whose_postgres_is_away_stops_reading_and_goes_on_by_itself()
    {
        const int bound = 20 << 20;
        const int prefetched = 16 << 20;
        var options = TortureOptions.Away(TimeSpan.FromSeconds(15), seed: 1) with
        {
            Variables = [("OTELORLEANS__Flow__MaxUndurableBytesPerSilo", $"{bound}"), ("OTELORLEANS__Flow__MaxUndurableBytesPerPartition", "4194304"), ("OTELORLEANS__Decoding__MaxDecompressedBytes", "4194304"),
                ("OTELORLEANS__Kafka__MaxPrefetchBytesPerSilo", $"{prefetched}")],
        };

        var result = await RunAsync(options);

        Assert.Equal(0, result.EndedByThemselves);
        Assert.True(result.PeakUndurable > bound / 2, "the bound was never near");
        Assert.InRange(result.GrownWhileAway, 0, bound + prefetched + BesidePayloads);
    }

    [Fact]
    public async Task Rolling_restart_loses_and_repeats_nothing()
    {
        var result = await RunAsync(TortureOptions.Rolling(TimeSpan.FromSeconds(12), seed: 1) with { Silos = 2 });

        Assert.True(result.Faults["silo_restarted"] >= 2, "hardly any silo was restarted");
    }

    private async Task<TortureResult> RunAsync(TortureOptions options)
    {
        await Services.RequirePostgresAsync();
        var result = await TortureRun.RunAsync(options, TextWriter.Null);
        output.WriteLine(result.ToString());
        Assert.True(result.IsGood, result.ToString());
        return result;
    }
}
