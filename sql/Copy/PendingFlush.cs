namespace OtelOrleans.Sql.Copy;

/// <summary>A request that waits for its transaction, or is in it. Answered exactly once.</summary>
internal sealed class PendingFlush
{
    private const int Waiting = 0, Taken = 1, Withdrawn = 2;

    private readonly TaskCompletionSource<FlushResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _cancellation;
    private int _state = Waiting;

    public PendingFlush(FlushRequest request, CancellationToken ct)
    {
        Request = request;
        Moves = [.. request.Moves.OrderBy(m => m.Topic, StringComparer.Ordinal).ThenBy(m => m.Partition)];
        foreach (var block in request.Blocks.Concat(request.Dimensions))
        {
            Rows += block.Rows;
            Bytes += block.Bytes.Length;
        }

        _cancellation = ct.UnsafeRegister(
            static (state, token) =>
            {
                var flush = (PendingFlush)state!;
                if (Interlocked.CompareExchange(ref flush._state, Withdrawn, Waiting) == Waiting)
                    flush._answer.TrySetCanceled(token);
            },
            this);
    }

    public FlushRequest Request { get; }

    /// <summary>The moves in the order in which ledger rows are touched.</summary>
    public IReadOnlyList<LedgerMove> Moves { get; }

    public long Rows { get; }

    public long Bytes { get; }

    public Task<FlushResult> Answer => _answer.Task;

    /// <summary>From now on cancellation comes too late. False if it came before.</summary>
    public bool TryTake()
    {
        _cancellation.Unregister();
        return Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;
    }

    public void Settle(FlushResult result) => _answer.TrySetResult(result);
}
