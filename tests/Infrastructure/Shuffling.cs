namespace OtelOrleans.Tests.Infrastructure;

/// <summary>Random orders that a seed brings back.</summary>
internal static class Shuffling
{
    public static IReadOnlyList<T> Shuffle<T>(this IEnumerable<T> items, int seed)
    {
        T[] array = [.. items];
        new Random(seed).Shuffle(array);
        return array;
    }
}
