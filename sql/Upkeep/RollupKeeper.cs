namespace OtelOrleans.Sql.Upkeep;

/// <summary>Turns what flushes have counted into one row per key and minute, and derives from stored spans who called whom. Whatever is done twice, or at once, comes out the same.</summary>
public sealed class RollupKeeper(PostgresDatabase database, TimeProvider time)
{
    private const int DeltasAtOnce = 50_000;

    /// <summary>A minute is folded once it is over by this much; what comes later is added.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    /// <summary>Edges are derived once a minute has been left alone so long: callers are stored when they end, by another aggregator than what they called.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(2);

    /// <summary>Folds all deltas of minutes that are over. Returns how many.</summary>
    public async Task<long> FoldAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var before = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute)) - Settled;
        long folded = 0;
        for (var last = (long)DeltasAtOnce; last == DeltasAtOnce; folded += last)
        {
            await using var command = database.Control.CreateCommand("select otel.fold_rollups($1, $2)");
            command.Parameters.Add(new() { Value = before });
            command.Parameters.Add(new() { Value = DeltasAtOnce });
            last = (long)(await command.ExecuteScalarAsync(ct))!;
        }

        MaintenanceLog.Count("fold_rollups", folded);
        return folded;
    }

    /// <summary>Derives the edges of the minutes that have changed and are quiet now. Returns the number of edges.</summary>
    public async Task<long> DeriveEdgesAsync(CancellationToken ct)
    {
        long edges = 0;
        foreach (var minute in await QuietMinutesAsync(ct))
        {
            await using var command = database.Control.CreateCommand("select otel.derive_edges($1)");
            command.Parameters.Add(new() { Value = minute });
            edges += (int)(await command.ExecuteScalarAsync(ct))!;
        }

        MaintenanceLog.Count("derive_edges", edges);
        return edges;
    }

    private async Task<List<DateTime>> QuietMinutesAsync(CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("select minute from otel.service_edge_minutes where changed_at < $1 order by minute limit 1000");
        command.Parameters.Add(new() { Value = time.GetUtcNow().UtcDateTime - Quiet });
        var minutes = new List<DateTime>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            minutes.Add(reader.GetDateTime(0));
        return minutes;
    }
}
