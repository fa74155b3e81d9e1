using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Silo.Hosting;

/// <summary>
/// Registered after Orleans, so it stops before Orleans does, while grains still answer: stops reading, has everything flushed and the resume points saved.
/// What does not fit into the deadline is replayed by the next owner.
/// </summary>
internal sealed class DrainService(DrainState drain, PartitionTracker tracker, ResumePoints resumePoints, TimeProvider time, ILogger<DrainService> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        drain.Begin();
        var began = time.GetTimestamp();
        List<PartitionSession> sessions = [.. tracker.Sessions];
        await Task.WhenAll(sessions.Select(s => resumePoints.SettleAsync(s, isDelivered: true, cancellationToken)));
        SiloLog.Drained(log, sessions.Count, sessions.Sum(s => s.UndurableBytes), time.GetElapsedTime(began));
    }
}
