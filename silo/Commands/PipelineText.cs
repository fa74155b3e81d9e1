using System.Globalization;

namespace OtelOrleans.Silo.Commands;

/// <summary>Numbers, ages and names of the pipeline as people read them.</summary>
internal static class PipelineText
{
    public static string Number(double? number, string format = "#,0") => number?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    public static string Bytes(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} B",
        < 1 << 20 => $"{bytes / 1024.0:0.0} KiB",
        < 1 << 30 => $"{bytes / 1048576.0:0.0} MiB",
        _ => $"{bytes / 1073741824.0:0.0} GiB",
    };

    public static string Age(DateTimeOffset now, DateTimeOffset? then) => then is { } at
        ? (now - at) switch
        {
            { TotalSeconds: < 100 } span => $"{Math.Max(0, span.TotalSeconds):0.0} s",
            { TotalMinutes: < 100 } span => $"{span.TotalMinutes:0} min",
            { TotalHours: < 48 } span => $"{span.TotalHours:0} h",
            var span => $"{span.TotalDays:0} d",
        }
        : "-";

    public static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
