namespace OtelOrleans.Silo.Hosting;

/// <summary>How much is logged. Logs go to stderr.</summary>
public sealed class LogOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Log";

    /// <summary>Least level: trace, debug, info, warn, error, off (<c>LOG_LEVEL</c>).</summary>
    public string Level { get; set; } = "info";

    /// <summary>The level as .NET names it; null if it names none.</summary>
    public LogLevel? Least => Level.Trim().ToUpperInvariant() switch
    {
        "TRACE" or "VERBOSE" or "SILLY" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "INFO" or "INFORMATION" => LogLevel.Information,
        "WARN" or "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "FATAL" or "CRITICAL" => LogLevel.Critical,
        "OFF" or "NONE" => LogLevel.None,
        _ => null,
    };

    /// <summary>All that is wrong with the values, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        if (Least is null)
        {
            yield return $"{Section}:{nameof(Level)} (LOG_LEVEL) is '{Level}': give one of trace, debug, info, warn, error, off";
        }
    }
}
