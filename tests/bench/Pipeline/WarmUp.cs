namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>
/// Rounds that are not counted. A silo spends some 4 s of CPU on compiling itself, and compiling again what it has seen to be busy: that much is 10 µs per row of 400,000, and nothing after the
/// first minutes of its life.
/// </summary>
internal static class WarmUp
{
    private const int Rows = 800_000;
    private const int Least = 2;
    private const int Most = 10;

    public static int RoundsOf(BenchLoad load) => Math.Clamp(Rows / load.Rows, Least, Most);
}
