using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Hosting;

/// <summary>Asks the cluster's <see cref="IUpkeepGrain"/> to do what is due: whichever silos live, it is asked.</summary>
internal sealed class UpkeepService(IGrainFactory grains, PostgresStartup startup, DrainState drain, TimeProvider time, ILogger<UpkeepService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var upkeep = grains.GetGrain<IUpkeepGrain>(0);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested || startup.WaitingFor is not null || drain.HasBegun)
            {
                continue;
            }

            try
            {
                await upkeep.RunAsync();
            }
            catch (Exception e)
            {
                // The silo that has it is going, or a bug of ours: the data path does not stop for it, and the next call tries again.
                SiloLog.UpkeepFailed(log, e);
            }
        }
    }
}
