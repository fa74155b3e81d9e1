using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Infrastructure;

/// <summary>
/// Payloads of real SDKs: those in <c>Corpus/</c>, or in the folder that <c>OTELORLEANS_TESTS_CORPUS</c> names and the folders in it. A file is protobuf (<c>.pb</c>) or OTLP/JSON
/// (<c>.json</c>), and its name says the signal: <c>…traces…</c>, <c>…logs…</c>, <c>…metrics…</c>.
/// </summary>
internal static class CorpusFiles
{
    public const string Variable = "OTELORLEANS_TESTS_CORPUS";

    private static readonly string s_folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : Path.Combine(AppContext.BaseDirectory, "Corpus");

    /// <summary>All files of one kind, by name.</summary>
    public static IReadOnlyList<string> Protobuf { get; } = All(".pb");

    /// <summary>All files of the other kind, by name.</summary>
    public static IReadOnlyList<string> Json { get; } = All(".json");

    /// <summary>The signal that a file's name says; null if it says none.</summary>
    public static Signal? SignalOf(string file)
    {
        var name = Path.GetFileName(file);
        return name.Contains("traces", StringComparison.Ordinal) ? Signal.Traces
            : name.Contains("logs", StringComparison.Ordinal) ? Signal.Logs
            : name.Contains("metrics", StringComparison.Ordinal) ? Signal.Metrics : null;
    }

    private static List<string> All(string extension)
    {
        var files = Directory.GetFiles(s_folder, "*" + extension, SearchOption.AllDirectories).Where(f => SignalOf(f) is not null).Order(StringComparer.Ordinal).ToList();
        return files.Count > 0 || Environment.GetEnvironmentVariable(Variable) is not null ? files : throw new InvalidOperationException($"The corpus is not there: no {extension} in {s_folder}.");
    }
}
