using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>Many buffers, in an order or as one.</summary>
internal static class BufferStates
{
    /// <summary>Those whose last flush failed first, then those with most rows.</summary>
    public static IEnumerable<BufferState> MostPressing(this IEnumerable<BufferState> buffers) =>
        buffers.OrderByDescending(b => b.LastError is not null).ThenByDescending(b => b.BufferedRows).ThenBy(b => b.ServiceName, StringComparer.Ordinal).ThenBy(b => b.Shard);

    public static BufferTotals Total(this IReadOnlyCollection<BufferState> buffers)
    {
        var failing = buffers.FirstOrDefault(b => b.LastError is not null);
        return new(
            buffers.Count,
            buffers.Sum(b => b.BufferedRows),
            buffers.Sum(b => b.BufferedBytes),
            buffers.Min(b => b.OldestBuffered),
            buffers.Max(b => b.LastFlush),
            buffers.Count(b => b.LastError is not null),
            failing is null ? null : $"{failing.ServiceName}: {failing.LastError}");
    }

    public static BufferTotals Total(this IEnumerable<BufferTotals> totals) => totals.Aggregate(
        new BufferTotals(0, 0, 0, null, null, 0, null),
        (x, y) => new(
            x.Buffers + y.Buffers,
            x.BufferedRows + y.BufferedRows,
            x.BufferedBytes + y.BufferedBytes,
            Min(x.OldestBuffered, y.OldestBuffered),
            new[] { x.LastFlush, y.LastFlush }.Max(),
            x.Failing + y.Failing,
            x.FirstError ?? y.FirstError));

    private static DateTimeOffset? Min(DateTimeOffset? x, DateTimeOffset? y) => new[] { x, y }.Min();
}
