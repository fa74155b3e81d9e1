using System.Collections.Concurrent;
using OtelOrleans.Silo.Demo;

namespace OtelOrleans.Tests.Torture;

/// <summary>Everything that is done to silos and to Postgres; <see cref="KafkaFaults"/> to Kafka.</summary>
internal sealed class Faults(TortureWorld world, Backlogs backlogs, FaultTimes times, int seed, TortureLog log)
{
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>Faults done, by kind.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>Breaks things until cancelled; then everything is mended.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        List<(string Victim, TimeRange Between, Func<Task<bool>> IsWhole, IReadOnlyList<Fault> Faults)> lanes =
        [
            .. world.Silos.Select((silo, i) => ($"silo-{i + 1}", times.BetweenSiloFaults, (Func<Task<bool>>)silo.IsReadyAsync, OfSilo(silo))),
            ("visitor", times.BetweenVisits, IsMovingAsync, [Visit()]),
            ("postgres", times.BetweenPostgresFaults, IsMovingAsync, OfPostgres()),
            ("connection", times.BetweenCuts, IsMovingAsync, OfConnections()),
        ];
        if (world.Kafka is { } kafka)
        {
            lanes.Add(("kafka", times.BetweenKafkaFaults, IsMovingAsync, new KafkaFaults(kafka, world.Partitions, times).All()));
        }

        await Task.WhenAll(lanes.Select((lane, i) => RunAsync(new FaultLane(lane.Victim, (seed * 100) + i, lane.Between, lane.IsWhole, lane.Faults, _counts, log), stop)));
    }

    /// <summary>A lane that cannot go on ends the others.</summary>
    private static async Task RunAsync(FaultLane lane, CancellationTokenSource stop)
    {
        try
        {
            await lane.RunAsync(stop.Token);
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    private Task<bool> IsMovingAsync() => Task.FromResult(backlogs.SinceMoved < Lately);

    private IReadOnlyList<Fault> OfSilo(SiloSlot silo) =>
    [
        new("silo_killed", async (random, ct) =>
        {
            await silo.KillAsync();
            await PauseAsync(times.SiloAway.Choose(random), ct);
            silo.Want();
            return true;
        }),
        new("silo_frozen", (_, ct) => silo.FreezeAsync(times.SiloFrozen, ct)),
        new("silo_terminated", async (random, ct) =>
        {
            if (await silo.TerminateAsync() is { } code and not 0)
            {
                log.Write($"a silo that was terminated ended with exit code {code}");
            }

            await PauseAsync(times.SiloAway.Choose(random), ct);
            silo.Want();
            return true;
        }),
    ];

    /// <summary>Partitions move to it and away again.</summary>
    private Fault Visit() => new("silo_joined_and_left", async (random, ct) =>
    {
        world.Visitor.Want();
        await PauseAsync(times.Visit.Choose(random), ct);
        await world.Visitor.TerminateAsync();
        return true;
    });

    private IReadOnlyList<Fault> OfPostgres() =>
    [
        Stopped("postgres_restarted_fast", PostgresShutdown.Fast),
        Stopped("postgres_restarted_immediate", PostgresShutdown.Immediate),
        new("postgres_killed", async (random, ct) =>
        {
            await world.Postgres.KillAsync(CancellationToken.None);
            await PauseAsync(times.PostgresAway.Choose(random), ct);
            await world.Postgres.StartAgainAsync(CancellationToken.None);
            return true;
        }),
        new("postgres_paused", async (_, ct) =>
        {
            world.Postgres.Pause();
            await PauseAsync(times.PostgresPaused, ct);
            world.Postgres.Resume();
            return true;
        }),
    ];

    private Fault Stopped(string kind, PostgresShutdown mode) => new(kind, async (random, ct) =>
    {
        await world.Postgres.StopAsync(mode, CancellationToken.None);
        await PauseAsync(times.PostgresAway.Choose(random), ct);
        await world.Postgres.StartAgainAsync(CancellationToken.None);
        return true;
    });

    private IReadOnlyList<Fault> OfConnections() =>
    [
        new("connection_cut_mid_copy", (_, ct) => world.Proxy.CutAsync(CutPoint.MidCopy, ct)),
        new("connection_cut_before_commit", (_, ct) => world.Proxy.CutAsync(CutPoint.BeforeCommit, ct)),
        new("connection_cut_after_commit", (_, ct) => world.Proxy.CutAsync(CutPoint.AfterCommit, ct)),
        new("connections_all_cut", (_, _) => Task.FromResult(world.Proxy.CutAll())),
    ];

    /// <summary>A time of being broken, cut short by the end of the run.</summary>
    internal static async Task PauseAsync(TimeSpan time, CancellationToken ct) => await Task.Delay(time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
