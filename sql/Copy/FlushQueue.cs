using System.Threading.Channels;

namespace OtelOrleans.Sql.Copy;

/// <summary>
/// Requests that wait for a worker, and the rule by which a worker groups them: what waits goes together, nothing waits for company. Unbounded, because each aggregator
/// has one request under way: their number bounds it, and the rows are counted where they are buffered.
/// </summary>
internal sealed class FlushQueue(long maxRows, long maxBytes) : IDisposable
{
    private readonly Channel<PendingFlush> _channel = Channel.CreateUnbounded<PendingFlush>(new() { SingleReader = false });

    // One worker gathers at a time; the others wait here. It makes "look, then take" safe.
    private readonly SemaphoreSlim _gathering = new(1);

    /// <summary>False after <see cref="Close"/>.</summary>
    public bool TryAdd(PendingFlush flush) => _channel.Writer.TryWrite(flush);

    /// <summary>Nothing more is added; what waits is still handed out.</summary>
    public void Close() => _channel.Writer.TryComplete();

    /// <summary>The next group: at least one request, or none once the queue is closed and empty.</summary>
    public async Task<List<PendingFlush>> TakeGroupAsync()
    {
        var group = new List<PendingFlush>();
        await _gathering.WaitAsync();
        try
        {
            while (group.Count == 0 && await _channel.Reader.WaitToReadAsync())
                Gather(group);
        }
        finally
        {
            _gathering.Release();
        }

        return group;
    }

    public void Dispose() => _gathering.Dispose();

    private void Gather(List<PendingFlush> group)
    {
        // A ledger row moves once per transaction: if two activations of one aggregator are at work, each gets its own, and one of them is fenced.
        var ledgerKeys = new HashSet<(string, string, int)>();
        long rows = 0, bytes = 0;
        while (_channel.Reader.TryPeek(out var next))
        {
            if (group.Count > 0 && (rows + next.Rows > maxRows || bytes + next.Bytes > maxBytes || next.Moves.Any(m => ledgerKeys.Contains(Key(next, m)))))
                return;
            _channel.Reader.TryRead(out _);
            if (!next.TryTake())
                continue;
            group.Add(next);
            rows += next.Rows;
            bytes += next.Bytes;
            foreach (var move in next.Moves)
                ledgerKeys.Add(Key(next, move));
        }
    }

    private static (string, string, int) Key(PendingFlush flush, LedgerMove move) => (flush.Request.ServiceName, move.Topic, move.Partition);
}
