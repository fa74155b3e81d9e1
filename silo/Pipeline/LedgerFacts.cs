using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql;
using OtelOrleans.Sql.DeadLetters;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>
/// What only Postgres knows of the pipeline, as it was when Postgres last answered. Asked again in the background when somebody wants to know and it is old; nobody waits for Postgres longer than a moment.
/// </summary>
internal sealed class LedgerFacts(DeadLetterStore letters, IngestLedger ledger, TimeProvider time)
{
    private readonly Cached<DeadLetterTotal[]> _letters = new(
        async ct => [.. (await letters.CountAsync(new DeadLetterFilter(), ct)).Select(c => new DeadLetterTotal(c.Reason, c.Letters))], TimeSpan.FromSeconds(5), time);

    private readonly Cached<IReadOnlyList<(string ServiceName, DateTimeOffset At)>> _services = new(ledger.LastMovesAsync, TimeSpan.FromSeconds(10), time);

    /// <summary>Open dead letters by reason, and when they were counted; null as long as Postgres has not answered.</summary>
    public Task<(DeadLetterTotal[] Value, DateTimeOffset At)?> DeadLettersAsync() => _letters.GetAsync();

    /// <summary>When each service's ledger moved last; null as long as Postgres has not answered.</summary>
    public Task<(IReadOnlyList<(string ServiceName, DateTimeOffset At)> Value, DateTimeOffset At)?> ServicesAsync() => _services.GetAsync();

    private sealed class Cached<T>(Func<CancellationToken, Task<T>> load, TimeSpan fresh, TimeProvider time)
    {
        /// <summary>How long somebody who asks waits for an answer that is not there yet.</summary>
        private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

        /// <summary>How long Postgres has.</summary>
        private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

        private readonly Lock _lock = new();
        private Task _loading = Task.CompletedTask;
        private volatile Tuple<T, DateTimeOffset>? _known;

        public async Task<(T Value, DateTimeOffset At)?> GetAsync()
        {
            if (_known is null || time.GetUtcNow() - _known.Item2 > fresh)
            {
                await Loading().WaitAsync(Moment, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return _known is { } known ? (known.Item1, known.Item2) : null;
        }

        private Task Loading()
        {
            lock (_lock)
            {
                return _loading.IsCompleted ? _loading = LoadAsync() : _loading;
            }
        }

        private async Task LoadAsync()
        {
            using var deadline = new CancellationTokenSource(Deadline, time);
            try
            {
                var value = await load(deadline.Token).ConfigureAwait(false);
                _known = Tuple.Create(value, time.GetUtcNow());
            }
            catch (Exception e) when (e is OperationCanceledException || SqlErrors.Classify(e) is not SqlErrorClass.None)
            {
                // What was known stays, with its age; that Postgres is away, others tell.
            }
        }
    }
}
