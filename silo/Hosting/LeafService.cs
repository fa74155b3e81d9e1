using OtelOrleans.Sql;

namespace OtelOrleans.Silo.Hosting;

/// <summary>Keeps daily leaves of the data tables ahead of the clock for as long as the silo runs. Every silo does; the database makes each leaf once.</summary>
internal sealed class LeafService(PartitionKeeper keeper, PostgresStartup startup, TimeProvider time, ILogger<LeafService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested || startup.WaitingFor is not null)
            {
                continue;
            }

            try
            {
                await keeper.EnsureAheadAsync(stoppingToken);
            }
            catch (Exception e) when (SqlErrors.Classify(e) is not SqlErrorClass.None)
            {
                // Days ahead are there already: the next round has time.
                SiloLog.LeavesNotMade(log, SqlErrors.Describe(e));
            }
        }
    }
}
