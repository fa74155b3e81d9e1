using System.Diagnostics;

namespace OtelOrleans.Tests.Infrastructure;

/// <summary>Waits for what is to happen, with a deadline; a time-out tells where it stood.</summary>
internal static class Wait
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    public static async Task ForAsync(Func<Task<bool>> happened, Func<Task<string>> whereItStood)
    {
        var clock = Stopwatch.StartNew();
        while (!await happened())
        {
            if (clock.Elapsed > Deadline)
            {
                throw new TimeoutException($"Not within {Deadline}: {await whereItStood()}");
            }

            await Task.Delay(Poll);
        }
    }

    /// <summary>Waits until the value is the expected one.</summary>
    public static async Task ForAsync<T>(T expected, Func<Task<T>> actual)
    {
        var last = default(T);
        await ForAsync(async () => EqualityComparer<T>.Default.Equals(last = await actual(), expected), () => Task.FromResult($"expected {expected}, was {last}"));
    }
}
