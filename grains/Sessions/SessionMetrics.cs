using System.Diagnostics.Metrics;

namespace OtelOrleans.Grains.Sessions;

/// <summary>What sessions count.</summary>
internal static class SessionMetrics
{
    private static readonly Counter<long> s_breaks = new Meter(GrainsTelemetry.MeterName)
        .CreateCounter<long>("otelorleans.session.breaks", "{session}", "Sessions that broke and are replayed from their resume points, by cause.");

    private static readonly string[] s_causes = [.. Enum.GetNames<BreakCause>().Select(SnakeCase)];

    public static void Begin()
    {
        foreach (var cause in Enum.GetValues<BreakCause>())
        {
            Count(cause, 0);
        }
    }

    public static void Broke(BreakCause cause) => Count(cause, 1);

    private static void Count(BreakCause cause, long sessions) => s_breaks.Add(sessions, new KeyValuePair<string, object?>("cause", s_causes[(int)cause]));

    private static string SnakeCase(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? $"{(i > 0 ? "_" : "")}{char.ToLowerInvariant(c)}" : $"{c}"));
}
