using System.Globalization;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>Waves in the words of a bench's line, as medians of the rounds.</summary>
internal static class WaveText
{
    /// <summary>CPU microseconds per row by process.</summary>
    public static string Costs(IReadOnlyCollection<Wave> waves, string suffix = "") => string.Create(
        CultureInfo.InvariantCulture,
        $"silo_us{suffix}={Median(waves, w => w.SiloMicros):F2} postgres_us{suffix}={Median(waves, w => w.PostgresMicros):F2} kafka_us{suffix}={Median(waves, w => w.KafkaMicros):F2}");

    /// <summary>How the rows came: what the writing connections did meanwhile, how large transactions were, how long the first commit and the last rows took.</summary>
    public static string Flow(IReadOnlyCollection<Wave> waves) => string.Create(
        CultureInfo.InvariantCulture,
        $"writer_idle={Median(waves, w => w.Writers.Idle):F2} writer_waits_for_silo={Median(waves, w => w.Writers.Client):F2} writer_works={Median(waves, w => w.Writers.Working):F2} rows_per_transaction={Median(waves, w => w.Rows / (double)w.Transactions):F0} first_commit_ms={Median(waves, w => w.FirstSeconds * 1e3):F0} tail_ms={Median(waves, w => w.TailSeconds * 1e3):F0} silo_mb={Median(waves, w => w.Resident / 1e6):F0}");

    private static double Median(IEnumerable<Wave> waves, Func<Wave, double> value) => Spread.Of(waves.Select(value)).Median;
}
