using Orleans.Runtime;
using OtelOrleans.Grains.Placement;

namespace OtelOrleans.Silo.Hosting;

/// <summary>When silos come or go, moves aggregators to where they belong now, after the membership has been quiet for a moment.</summary>
internal sealed class AggregatorMover(ISiloStatusOracle membership, LocalAggregators aggregators, TimeProvider time, ILogger<AggregatorMover> log) : BackgroundService, ISiloStatusListener
{
    /// <summary>Longer than the gaps between the starts of a rolling deployment's first moments; the partitions move at once, aggregators cost a flush each.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _changed = new(0);

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status) => _changed.Release();

    /// <summary>The active silos but this one.</summary>
    public IReadOnlyCollection<SiloAddress> Others() => [.. Active().Where(s => !s.Equals(membership.SiloAddress))];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        membership.SubscribeToSiloStatusEvents(this);
        while (!stoppingToken.IsCancellationRequested)
        {
            await _changed.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            do
            {
                await Task.Delay(Quiet, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            while (_changed.CurrentCount > 0 && await _changed.WaitAsync(0, CancellationToken.None));

            var active = Active();
            if (!aggregators.IsLeaving && active.Contains(membership.SiloAddress) && aggregators.MoveToOwners(active) is > 0 and var moved)
            {
                SiloLog.AggregatorsMoved(log, moved, active.Count);
            }
        }

        membership.UnSubscribeFromSiloStatusEvents(this);
    }

    private List<SiloAddress> Active() => [.. membership.GetApproximateSiloStatuses(onlyActive: true).Keys];
}
