using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Tests.Deploy;

/// <summary>Whether a silo reads an environment variable.</summary>
internal static class OptionNames
{
    private static readonly HashSet<string> Full =
    [
        .. typeof(OtelOrleansOptions).GetProperties().SelectMany(section => section.PropertyType.GetProperties().Where(p => p.CanWrite).Select(option => $"OTELORLEANS__{section.Name}__{option.Name}")),
    ];

    public static bool Knows(string variable) =>
        OptionVariables.Keys.ContainsKey(variable) || Full.Contains(variable) || variable.StartsWith("OTELORLEANS__Kafka__Properties__", StringComparison.Ordinal) || variable.StartsWith("OTEL_", StringComparison.Ordinal);
}
