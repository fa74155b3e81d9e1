namespace OtelOrleans.Sql.Upkeep;

/// <summary>How long rows are kept, by the time that they say of themselves. Bound from the section <c>Retention</c>.</summary>
public sealed class RetentionOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Retention";

    private static readonly string[] TablesOfSignals = ["spans", "log_records", "metric_number_points"];

    /// <summary>False keeps everything, whatever the rest says; not set: as the rest says (<c>DATA_RETENTION_ENABLED</c>).</summary>
    public bool? Enabled { get; set; }

    /// <summary>For everything that has no days of its own; 0 keeps for ever (<c>DATA_RETENTION_PERIOD</c>). A day is dropped once all of it is older.</summary>
    public TimeSpan Period { get; set; }

    /// <summary>Days that spans are kept; 0: <see cref="Period"/> (<c>RETENTION_SPANS_DAYS</c>). 0 to 36,500.</summary>
    public int SpansDays { get; set; }

    /// <summary>Days that log records are kept; 0: <see cref="Period"/> (<c>RETENTION_LOGS_DAYS</c>).</summary>
    public int LogsDays { get; set; }

    /// <summary>Days that data points and exemplars are kept; 0: <see cref="Period"/> (<c>RETENTION_METRICS_DAYS</c>).</summary>
    public int MetricsDays { get; set; }

    /// <summary>Days that rollups and service edges are kept; 0: <see cref="Period"/> (<c>RETENTION_ROLLUPS_DAYS</c>). They are small: a year of them tells more than a week of spans.</summary>
    public int RollupsDays { get; set; }

    /// <summary>Days that the audit's records of flushes are kept; 0: <see cref="Period"/> (<c>RETENTION_AUDIT_DAYS</c>).</summary>
    public int AuditDays { get; set; }

    /// <summary>
    /// Services that are kept for less time than the rest, by name: days, or days of each signal, as in <c>7d</c> or <c>spans=3d,logs=7d,metrics=14d</c>. Their rollups stay with the rest.
    /// </summary>
    public Dictionary<string, string> Services { get; set; } = [];

    /// <summary>How often what is too old is looked for (<c>DATA_RETENTION_CLEANUP_INTERVAL</c>). 1 min to 7 days.</summary>
    public TimeSpan CleanupInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long rows of a partitioned table are kept; null: for ever.</summary>
    public TimeSpan? Of(string table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var days = table switch
        {
            "spans" => SpansDays,
            "log_records" => LogsDays,
            "service_rollups" or "service_edges" => RollupsDays,
            "ingest_flushes" or "ingest_progress" => AuditDays,
            _ when HasDimensions(table) => MetricsDays,
            _ => 0,
        };
        var age = days > 0 ? TimeSpan.FromDays(days) : Period;
        return Enabled != false && age > TimeSpan.Zero ? age : null;
    }

    /// <summary>How long rows of a partitioned table are kept of the services that are kept for less time than others.</summary>
    internal IEnumerable<(string Service, TimeSpan Age)> OfServices(string table)
    {
        if (Enabled == false || !HasDimensions(table))
            yield break;
        foreach (var (service, text) in Services)
        {
            if (ServiceDays.TryParse(text, out var days) && days.Of(table) is > 0 and var kept)
                yield return (service, TimeSpan.FromDays(kept));
        }
    }

    /// <summary>Whether rows of a partitioned table refer to resources.</summary>
    internal static bool HasDimensions(string table) => table is "spans" or "log_records" || table.StartsWith("metric_", StringComparison.Ordinal);

    /// <summary>All that is wrong with the values, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        if (Period < TimeSpan.Zero || Period > TimeSpan.FromDays(36_500))
            yield return $"{Section}:{nameof(Period)} is {Period}: give a duration such as 30d or 720h, at most 36500d; 0 keeps for ever";
        foreach (var (name, days) in new[] { (nameof(SpansDays), SpansDays), (nameof(LogsDays), LogsDays), (nameof(MetricsDays), MetricsDays), (nameof(RollupsDays), RollupsDays), (nameof(AuditDays), AuditDays) })
        {
            if (days is < 0 or > 36_500)
                yield return $"{Section}:{name} is {days}: give 1 to 36500 days, or 0 for {nameof(Period)}";
        }

        if (Enabled == true && Period <= TimeSpan.Zero && SpansDays + LogsDays + MetricsDays + RollupsDays + AuditDays <= 0 && Services.Count == 0)
            yield return $"{Section}:{nameof(Enabled)} is true, and nothing says how long to keep what: give {nameof(Period)} (DATA_RETENTION_PERIOD), such as 30d";
        foreach (var (service, text) in Services)
        {
            if (!ServiceDays.TryParse(text, out var days))
                yield return $"{Section}:{nameof(Services)}:{service} is '{text}': give days such as 7d, or of each signal as in spans=3d,logs=7d,metrics=14d; 1d to 36500d";
            else if (TablesOfSignals.Any(t => Of(t) is { } all && TimeSpan.FromDays(days.Of(t)) > all))
                yield return $"{Section}:{nameof(Services)}:{service} is '{text}': everything is dropped before that, so give less, or raise what holds for all";
        }

        if (CleanupInterval < TimeSpan.FromMinutes(1) || CleanupInterval > TimeSpan.FromDays(7))
            yield return $"{Section}:{nameof(CleanupInterval)} is {CleanupInterval}: give 00:01:00 to 7.00:00:00";
    }
}
