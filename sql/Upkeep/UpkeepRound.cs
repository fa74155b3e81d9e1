using Microsoft.Extensions.Logging;

namespace OtelOrleans.Sql.Upkeep;

/// <summary>Everything that is done to the tables beside writing rows. One silo of the cluster does it; two at once would do no harm.</summary>
public sealed class UpkeepRound(PartitionKeeper partitions, RollupKeeper rollups, ServiceRetention services, RetentionOptions retention, TimeProvider time, ILogger<UpkeepRound> logger)
{
    private static readonly TimeSpan LeavesInterval = TimeSpan.FromHours(1);

    private readonly Dictionary<string, DateTimeOffset> _doneAt = [];
    private readonly Dictionary<string, string> _failing = [];

    /// <summary>Does what is due. Throws nothing that the database says: it is logged, once for as long as it says the same, and due again at the next call.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        await DoAsync("make leaves", LeavesInterval, () => partitions.EnsureAheadAsync(ct));
        await DoAsync("fold rollups", TimeSpan.Zero, () => rollups.FoldAsync(ct));
        await DoAsync("derive service edges", TimeSpan.Zero, () => rollups.DeriveEdgesAsync(ct));
        await DoAsync("drop what is too old", retention.CleanupInterval, () => partitions.DropOldAsync(retention, ct));
        await DoAsync("delete what is too old of some services", retention.CleanupInterval, () => services.DeleteAsync(retention, ct));
    }

    private async Task DoAsync(string what, TimeSpan interval, Func<Task> action)
    {
        var now = time.GetUtcNow();
        if (_doneAt.TryGetValue(what, out var last) && now - last < interval)
            return;
        try
        {
            await action();
            _doneAt[what] = now;
            _failing.Remove(what);
        }
        catch (Exception e) when (SqlErrors.Classify(e) is not SqlErrorClass.None)
        {
            var reason = SqlErrors.Describe(e);
            if (_failing.GetValueOrDefault(what) != reason)
                SqlLog.UpkeepFailed(logger, what, reason);
            _failing[what] = reason;
        }
    }
}
