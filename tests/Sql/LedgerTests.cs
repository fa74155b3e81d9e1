using Microsoft.Extensions.Logging.Abstractions;
using OtelOrleans.Sql.Ledger;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

public sealed class LedgerTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resume_points_only_rise()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var progress = new PartitionProgress(sql.Database);
        Assert.Null(await progress.LoadAsync("t", 0, Ct));
        await progress.SaveAsync([], Ct);
        await progress.SaveAsync([new("t", 0, 10), new("t", 1, 5)], Ct);
        await progress.SaveAsync([new("t", 0, 7), new("t", 1, 6)], Ct);
        Assert.Equal(new("t", 0, 10), await progress.LoadAsync("t", 0, Ct));
        Assert.Equal(new("t", 1, 6), await progress.LoadAsync("t", 1, Ct));
        Assert.Equal([new("t", 0, 10), new("t", 1, 6)], await progress.LoadAllAsync(Ct));
    }

    [Fact]
    public async Task Silos_that_save_the_same_resume_points_in_other_orders_do_not_deadlock()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async silo =>
        {
            var progress = new PartitionProgress(sql.Database);
            for (var round = 1; round <= 20; round++)
            {
                ResumePoint[] points = [.. Enumerable.Range(0, 50).Select(p => new ResumePoint("t", p, round * 10 + silo))];
                new Random(silo).Shuffle(points);
                await progress.SaveAsync([.. points, points[0] with { NextOffset = 1 }], Ct);
            }
        }));
        Assert.Equal(207L, await sql.ScalarAsync<long>("select min(next_offset) from otel.partition_progress"));
    }

    [Fact]
    public async Task A_gap_is_written_down_once()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var gaps = new OffsetGaps(sql.Database, NullLogger<OffsetGaps>.Instance);
        var gap = new OffsetGap("t", 3, 100, 250, "retention");
        Assert.True(await gaps.RecordAsync(gap, Ct));
        Assert.False(await gaps.RecordAsync(gap, Ct));
        Assert.Equal(1L, await sql.CountAsync("offset_gaps"));
    }
}
