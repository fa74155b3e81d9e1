using System.Collections.Concurrent;
using System.Diagnostics;

namespace OtelOrleans.Tests.Torture;

/// <summary>
/// The faults of one victim, one after the other: its kinds are dealt like cards, shuffled by the seed, so that each comes before one comes twice. Lanes run beside each other;
/// that is how faults of several victims overlap.
/// </summary>
/// <param name="victim">Its name in the log.</param>
/// <param name="seed">Chooses.</param>
/// <param name="between">Between two faults.</param>
/// <param name="isWhole">Whether there is anything to break: on a slow machine it takes a while until what was broken works again.</param>
/// <param name="faults">The kinds.</param>
/// <param name="counts">Faults done, by kind.</param>
/// <param name="log">Gets a line at the beginning and at the end of each.</param>
internal sealed class FaultLane(
    string victim, int seed, TimeRange between, Func<Task<bool>> isWhole, IReadOnlyList<Fault> faults, ConcurrentDictionary<string, int> counts, TortureLog log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(CancellationToken ct)
    {
        var random = new Random(seed);
        while (true)
        {
            var deck = faults.ToArray();
            random.Shuffle(deck);
            foreach (var fault in deck)
            {
                await Faults.PauseAsync(between.Choose(random), ct);
                await UntilWholeAsync(isMissed: random.Next(5) == 0, ct);
                if (ct.IsCancellationRequested)
                {
                    return;
                }

                log.Write($"{victim}: {fault.Kind}");
                if (await fault.DoAsync(random, ct))
                {
                    counts.AddOrUpdate(fault.Kind, 1, static (_, n) => n + 1);
                    log.Write($"{victim}: {fault.Kind} is over");
                }
            }
        }
    }

    /// <summary>Now and then something is broken that is broken already.</summary>
    private async Task UntilWholeAsync(bool isMissed, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        while (!isMissed && !ct.IsCancellationRequested && clock.Elapsed < Patience && !await isWhole())
        {
            await Faults.PauseAsync(Look, ct);
        }
    }
}
