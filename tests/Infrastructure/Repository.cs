namespace OtelOrleans.Tests.Infrastructure;

/// <summary>Where the sources of this test run are.</summary>
internal static class Repository
{
    /// <summary>The folder of <c>OtelOrleans.sln</c>.</summary>
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) => folder switch
    {
        null => throw new InvalidOperationException($"No OtelOrleans.sln above {AppContext.BaseDirectory}"),
        _ when File.Exists(Path.Combine(folder.FullName, "OtelOrleans.sln")) => folder.FullName,
        _ => Find(folder.Parent),
    };
}
