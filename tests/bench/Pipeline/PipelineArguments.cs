namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>What can be asked of every pipeline.</summary>
internal static class PipelineArguments
{
    /// <summary><c>--silo NAME=VALUE,NAME=VALUE</c>: environment variables of the silos, to try options.</summary>
    public static IReadOnlyList<(string Name, string Value)> Variables(BenchArguments arguments) =>
        [.. arguments.Text("silo", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2) is [var name, var value] ? (name, value) : throw new ArgumentException($"--silo NAME=VALUE, not {v}"))];
}
