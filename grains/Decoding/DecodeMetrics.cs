using System.Diagnostics.Metrics;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>What decoding counts, per batch.</summary>
internal static class DecodeMetrics
{
    private static readonly Meter s_meter = new(GrainsTelemetry.MeterName);

    private static readonly Counter<long> s_lossless =
        s_meter.CreateCounter<long>("otelorleans.decode.lossless", "{row}", "Rows that keep the original message because a value had to change, by reason; a row with two reasons counts for both.");

    private static readonly Counter<long> s_records = s_meter.CreateCounter<long>("otelorleans.decode.records", "{record}", "Kafka records decoded, by signal; replayed ones count again.");

    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>("otelorleans.decode.bytes", "By", "Their values' bytes, as they are in Kafka, by signal.");

    // In the order of the values of Signal.
    private static readonly KeyValuePair<string, object?>[] s_signals = [.. new[] { "unknown", "traces", "logs", "metrics" }.Select(s => new KeyValuePair<string, object?>("signal", s))];

    // In the order of the bits of CopyLosses.
    private static readonly KeyValuePair<string, object?>[] s_reasons =
        [.. new[]
        {
            "nul", "invalid_utf8", "not_finite", "negative_zero", "bytes_value", "too_deep", "repeated_key", "out_of_range", "too_long", "not_recorded", "zero_id",
            "too_many_attributes", "value_too_long", "too_many_lists",
        }.Select(r => new KeyValuePair<string, object?>("reason", r))];

    /// <summary>How many signals are told apart: one more than are known.</summary>
    public const int Signals = 4;

    public static void Begin()
    {
        foreach (var signal in s_signals[1..])
        {
            s_records.Add(0, signal);
            s_bytes.Add(0, signal);
        }

        foreach (var reason in s_reasons)
        {
            s_lossless.Add(0, reason);
        }
    }

    /// <summary>Counts what a part of a chunk had, in the order of the values of <see cref="GrainInterfaces.Signal"/>.</summary>
    public static void Decoded(ReadOnlySpan<long> records, ReadOnlySpan<long> bytes)
    {
        for (var signal = 0; signal < Signals; signal++)
        {
            if (records[signal] > 0)
            {
                s_records.Add(records[signal], s_signals[signal]);
                s_bytes.Add(bytes[signal], s_signals[signal]);
            }
        }
    }

    /// <summary>Counts the rows of a batch that keep their original.</summary>
    public static void Lossless(IReadOnlyList<CopyLosses> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        Span<int> counts = stackalloc int[s_reasons.Length];
        counts.Clear();
        for (var row = 0; row < rows.Count; row++)
        {
            for (var losses = (uint)rows[row]; losses != 0; losses &= losses - 1)
            {
                counts[System.Numerics.BitOperations.TrailingZeroCount(losses)]++;
            }
        }

        for (var reason = 0; reason < counts.Length; reason++)
        {
            if (counts[reason] > 0)
            {
                s_lossless.Add(counts[reason], s_reasons[reason]);
            }
        }
    }
}
