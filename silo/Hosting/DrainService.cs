using OtelOrleans.Grains.Placement;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Silo.Hosting;

/// <summary>
/// Registered after Orleans, so it stops before Orleans does, while grains still answer: stops reading, has everything flushed and the resume points saved, and hands its
/// aggregators over to the other silos.
/// What does not fit into the deadline is replayed by the next owner.
/// </summary>
internal sealed class DrainService(
    DrainState drain, PartitionTracker tracker, ResumePoints resumePoints, LocalAggregators aggregators, AggregatorMover mover, TimeProvider time, ILogger<DrainService> log) : IHostedService
{
    private static readonly TimeSpan MoveTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MovePoll = TimeSpan.FromMilliseconds(20);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        drain.Begin();
        var began = time.GetTimestamp();
        List<PartitionSession> sessions = [.. tracker.Sessions];
        await Task.WhenAll(sessions.Select(s => resumePoints.SettleAsync(s, isDelivered: true, cancellationToken)));
        var moved = await MoveAggregatorsAsync(cancellationToken);
        SiloLog.Drained(log, sessions.Count, sessions.Sum(s => s.UndurableBytes), moved, time.GetElapsedTime(began));
    }

    /// <summary>What does not move in time is flushed, or forgotten, when Orleans stops, and replayed by its senders.</summary>
    private async Task<int> MoveAggregatorsAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var moved = aggregators.Leave(mover.Others());
        while (moved > 0 && aggregators.Count > 0 && time.GetElapsedTime(began) < MoveTimeout && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(MovePoll, time, CancellationToken.None);
        }

        return moved;
    }
}
