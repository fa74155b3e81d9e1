using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Kafka;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>
/// Asks Postgres every second which partitions are paused. That it answers is what the silo knows of Postgres while there is nothing to flush: an outage shows within seconds.
/// </summary>
internal sealed class PostgresWatch(PartitionPauses pauses, PausedPartitions paused, PostgresStartup startup, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    /// <summary>Longer than a question and its interval take when all is well.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private volatile Exception? _trouble;
    private long _answeredAt;

    /// <summary>What hinders; null if Postgres answers.</summary>
    public string? Problem =>
        startup.WaitingFor is { } waiting ? waiting
        : _trouble is { } e and not OperationCanceledException ? SqlErrors.Describe(e)
        : SinceAnswer is var since && since > Patience ? $"Postgres has not answered for {since.TotalSeconds:0} s"
        : null;

    /// <summary>The problem is one of tables or rights: waiting will not help.</summary>
    public bool IsSchemaWrong => startup.WaitingFor is null && _trouble is { } e && SqlErrors.Classify(e) == SqlErrorClass.Schema;

    private TimeSpan SinceAnswer => Volatile.Read(ref _answeredAt) is var at and > 0 ? time.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>Asks now.</summary>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        try
        {
            paused.Set(await pauses.LoadAsync(deadline.Token));
            _trouble = null;
            Volatile.Write(ref _answeredAt, time.GetTimestamp());
        }
        catch (Exception e) when (e is OperationCanceledException || SqlErrors.Classify(e) is not SqlErrorClass.None)
        {
            _trouble = e;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Before the schema is up to date there is nothing to ask.
            if (startup.WaitingFor is null)
            {
                if (_answeredAt == 0)
                {
                    Volatile.Write(ref _answeredAt, time.GetTimestamp());
                }

                await AskAsync(stoppingToken);
            }

            await Task.Delay(_answeredAt == 0 ? Interval / 10 : Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
