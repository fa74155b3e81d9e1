using System.Globalization;

namespace OtelOrleans.Tests.Torture;

/// <summary>What came out of a run.</summary>
internal sealed record TortureResult
{
    public required TortureOptions Options { get; init; }

    /// <summary>Where the logs are.</summary>
    public required string Logs { get; init; }

    /// <summary>Records in Kafka.</summary>
    public required long Records { get; init; }

    /// <summary>Records that the producer gave up, in Kafka or not.</summary>
    public required long NotSent { get; init; }

    public required IReadOnlyList<SignalVerdict> Signals { get; init; }

    public required long DeadLetters { get; init; }

    /// <summary>Faults done, by kind.</summary>
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    /// <summary>Silos that ended without being asked to: zombies, mostly.</summary>
    public required int EndedByThemselves { get; init; }

    public required TimeSpan LongestStall { get; init; }

    public required string LongestStallOf { get; init; }

    /// <summary>From the last fault until everything was stored.</summary>
    public required TimeSpan Drain { get; init; }

    public required long PeakResident { get; init; }

    public required long PeakUndurable { get; init; }

    /// <summary>What a silo took more, at most, while Postgres was away. Bytes.</summary>
    public required long GrownWhileAway { get; init; }

    /// <summary>What is wrong beside rows that are lost or doubled, a line each.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    public long Lost => Signals.Sum(s => s.Lost);

    public long Doubled => Signals.Sum(s => s.Doubled);

    public bool IsGood => Lost == 0 && Doubled == 0 && Problems.Count == 0;

    /// <summary>The figures, the last line in one.</summary>
    public override string ToString()
    {
        var lines = new List<string> { "faults" };
        lines.AddRange(Faults.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"  {f.Key,-30} {f.Value,5}"));
        lines.Add("rows");
        lines.AddRange(Signals.Select(s => $"  {s.Signal.ToString().ToLowerInvariant(),-30} {s.Rows,9}  lost {s.Lost}, doubled {s.Doubled}"));
        lines.Add($"  {"dead letters",-30} {DeadLetters,9}");
        lines.Add(Invariant($"records given up by the producer {NotSent}; silos that ended by themselves {EndedByThemselves}; drained in {Drain.TotalSeconds:0.0} s"));
        lines.Add(Invariant($"longest stall of a partition {LongestStall.TotalSeconds:0.0} s ({LongestStallOf})"));
        lines.Add(Invariant($"largest silo {PeakResident / 1e6:0} MB resident; most payload bytes not yet committed {PeakUndurable / 1e6:0.0} MB"));
        if (Options.Outage is not null)
        {
            lines.Add(Invariant($"grown by {GrownWhileAway / 1e6:0} MB while Postgres was away"));
        }

        lines.AddRange(Signals.SelectMany(s => s.First).Concat(Problems.Take(20)).Select(p => $"WRONG: {p}"));
        if (Problems.Count > 20)
        {
            lines.Add($"WRONG: and {Problems.Count - 20} more");
        }

        if (!IsGood || Options.KeepLogs)
        {
            lines.Add($"logs are in {Logs}");
        }

        lines.Add(Invariant(
            $"torture: seed={Options.Seed} minutes={Options.Duration.TotalMinutes:0.##} records={Records} rows={Signals.Sum(s => s.Rows)} lost={Lost} doubled={Doubled} faults={Faults.Values.Sum()} longest_stall_s={LongestStall.TotalSeconds:0.0}{(Problems.Count > 0 ? $" problems={Problems.Count}" : "")}"));
        return string.Join('\n', lines);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
