using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using OtelOrleans.Sql.Rollups;

namespace OtelOrleans.Sql.Copy;

/// <summary>
/// The one place that commits data. Requests of many services wait in one queue; each writer connection takes what waits into one transaction: a transaction per service
/// would cost five times as much per row. A service's trouble stays its own: those whom the ledger fences and those whose rows are refused are taken out, the rest goes on.
/// </summary>
public sealed class CopyWriter : IAsyncDisposable
{
    // Deadlocks and serialization failures leave with the other transaction; after this many the aggregators shall wait a while.
    private const int MaxConflicts = 3;

    private readonly PostgresDatabase _database;
    private readonly RefusedRowSearch _search;
    private readonly SpanRollups _rollups;
    private readonly ILogger<CopyWriter> _logger;
    private readonly FlushQueue _queue;
    private readonly Task _workers;
    private int _failing;

    /// <summary>Starts the workers. Connections are opened when there is something to write.</summary>
    public CopyWriter(PostgresDatabase database, RollupOptions rollups, TimeProvider time, ILogger<CopyWriter> logger)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _search = new(database);
        _rollups = new(rollups, time);
        _logger = logger;
        _queue = new(database.Options.MaxRowsPerTransaction, database.Options.MaxBytesPerTransaction);
        _workers = Task.WhenAll(Enumerable.Range(0, database.Options.WriterConnections).Select(_ => Task.Run(WorkAsync)));
    }

    /// <summary>
    /// Stores the rows of a request and moves the ledger, or neither. Never throws for errors of the database: the answer tells them apart. Cancellation withdraws a request
    /// that still waits; one whose transaction has begun is answered. The request's memory is the caller's again once there is an answer.
    /// </summary>
    public ValueTask<FlushResult> FlushAsync(FlushRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        ct.ThrowIfCancellationRequested();
        CheckMoves(request);
        if (Defect(request) is { } defect)
            return new(defect);

        var flush = new PendingFlush(request, ct);
        return _queue.TryAdd(flush)
            ? new(flush.Answer)
            : new(new FlushResult(FlushOutcome.Retry, new ObjectDisposedException(nameof(CopyWriter), "The silo is stopping: rows are no longer written")));
    }

    /// <summary>Takes no more requests and answers those that wait.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        await _workers;
        _queue.Dispose();
    }

    private async Task WorkAsync()
    {
        while (await _queue.TakeGroupAsync() is { Count: > 0 } group)
            await SettleAsync(group);
    }

    /// <summary>Answers every request of a group, with as few transactions as its errors allow. Each turn of the loop answers at least one, or counts a conflict.</summary>
    private async Task SettleAsync(List<PendingFlush> group)
    {
        var conflicts = 0;
        while (group.Count > 0)
        {
            var started = Stopwatch.GetTimestamp();
            using var span = FlushTrace.Begin(group);
            FlushTransaction? transaction = null;
            try
            {
                await using var connection = await _database.Writer.OpenConnectionAsync();
                transaction = new FlushTransaction(connection, group, _rollups);
                var fenced = await transaction.RunAsync();
                if (fenced.Count == 0)
                {
                    FlushTrace.Committed(span, group);
                    Succeeded(group, started);
                    return;
                }

                CopyMetrics.Fenced(fenced.Count);
                FlushTrace.Fenced(span, fenced.Count);
                SqlLog.Fenced(_logger, fenced.Count, group.Count, fenced.First().Request.ServiceName);
                Settle(fenced, FlushResult.Fenced);
                group.RemoveAll(fenced.Contains);
            }
            // Whatever it was, those who wait get an answer, and the worker lives on. A bug of ours is answered like an outage: the rows stay where they are.
            catch (Exception e)
            {
                if (transaction?.Stage == FlushStage.Committed)
                {
                    // The connection failed after the answer, on its way back to the pool.
                    Succeeded(group, started);
                    return;
                }

                CopyMetrics.Failed(e, started);
                FlushTrace.Failed(span, e);
                if (transaction?.Stage == FlushStage.Committing && !WasRolledBack(e))
                {
                    SqlLog.CommitUnknown(_logger, e, group.Count);
                    Settle(group, new(FlushOutcome.Unknown, e, SqlErrors.SqlStateOf(e)));
                    return;
                }

                switch (SqlErrors.Classify(e))
                {
                    case SqlErrorClass.Refused when transaction is not null && await BlameAsync(transaction, group, SqlErrors.PostgresErrorIn(e)!) is { } guilty:
                        SqlLog.Refused(_logger, guilty.Flush.Request.ServiceName, guilty.Result.SqlState, guilty.Result.Refused!.Message);
                        guilty.Flush.Settle(guilty.Result);
                        group.Remove(guilty.Flush);
                        break;
                    case SqlErrorClass.Refused when group.Count > 1:
                        // Postgres does not say which row: whoever fails alone is guilty.
                        foreach (var flush in group)
                            await SettleAsync([flush]);
                        return;
                    case SqlErrorClass.Schema:
                        SqlLog.SchemaProblem(_logger, SqlErrors.Describe(e));
                        Settle(group, new(FlushOutcome.SchemaProblem, e, SqlErrors.SqlStateOf(e)));
                        return;
                    case SqlErrorClass.Transient when IsConflict(e) && ++conflicts < MaxConflicts:
                        break;
                    default:
                        Interrupted(e, group.Count);
                        Settle(group, new(FlushOutcome.Retry, e, SqlErrors.SqlStateOf(e)));
                        return;
                }
            }
        }
    }

    /// <summary>Who sent the refused row, and which of its rows it is; null if several could have.</summary>
    private async Task<(PendingFlush Flush, FlushResult Result)?> BlameAsync(FlushTransaction transaction, List<PendingFlush> group, PostgresException error)
    {
        var (row, column) = CopyRows.Locate(error);
        if (row is { } line)
        {
            // The blocks of one owner follow each other.
            var (previous, before) = ((PendingFlush?)null, 0);
            foreach (var (owner, block) in transaction.Blocks)
            {
                before = owner == previous ? before : 0;
                if (line < block.Rows)
                    return (owner, Result(transaction.Table?.Id ?? 0, before + line));
                (previous, before, line) = (owner, before + block.Rows, line - block.Rows);
            }
        }

        if (group.Count > 1)
            return null;
        var found = await SearchAsync(group[0]);
        return (group[0], Result(found?.Layout ?? transaction.Table?.Id ?? 0, found?.Row));

        FlushResult Result(short layout, int? refused) => new(FlushOutcome.Refused, error, error.SqlState,
            new RefusedRow(layout, refused, column, error.Detail is null ? error.MessageText : $"{error.MessageText}: {error.Detail}"));
    }

    private async Task<(short Layout, int Row)?> SearchAsync(PendingFlush flush)
    {
        try
        {
            return await _search.FindAsync(flush.Request);
        }
        catch (Exception e) when (SqlErrors.Classify(e) != SqlErrorClass.None)
        {
            // The aggregator tries the flush again, and so the search.
            Interrupted(e, 1);
            return null;
        }
    }

    // The server answered COMMIT with an error: it rolled back. A FATAL one only says that the backend dies, not what became of the transaction.
    private static bool WasRolledBack(Exception e) => e is PostgresException { InvariantSeverity: "ERROR" };

    private static bool IsConflict(Exception e) => SqlErrors.SqlStateOf(e) is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    private static void Settle(IEnumerable<PendingFlush> flushes, FlushResult result)
    {
        foreach (var flush in flushes)
            flush.Settle(result);
    }

    private void Succeeded(List<PendingFlush> group, long started)
    {
        Settle(group, FlushResult.Committed);
        CopyMetrics.Committed(group, started);
        if (Interlocked.Exchange(ref _failing, 0) == 1)
            SqlLog.WritingAgain(_logger, _database.Address);
    }

    // An outage fails every flush of every aggregator: it is told once, when it begins, and once when it ends.
    private void Interrupted(Exception e, int flushes)
    {
        if (Interlocked.Exchange(ref _failing, 1) == 0)
            SqlLog.WritingInterrupted(_logger, e, _database.Address, SqlErrors.Describe(e));
        else
            SqlLog.StillInterrupted(_logger, flushes, SqlErrors.Describe(e));
    }

    private static void CheckMoves(FlushRequest request)
    {
        if (request.Moves.Count == 0)
            throw new ArgumentException("A flush moves the ledger at least once: rows without a move would be stored again and again", nameof(request));
        if (request.Moves.DistinctBy(m => (m.Topic, m.Partition)).Count() != request.Moves.Count)
            throw new ArgumentException("A flush moves the ledger of a topic-partition once", nameof(request));
        if (request.Moves.Any(m => m.NextOffset < (m.ExpectedNextOffset ?? 0)))
            throw new ArgumentException("The ledger moves forward", nameof(request));
    }

    /// <summary>What can be told without asking Postgres: a layout of a newer version, or bytes that are not the rows they claim to be.</summary>
    internal static FlushResult? Defect(FlushRequest request)
    {
        foreach (var (block, role) in request.Blocks.Select(b => (b, CopyRole.Data)).Concat(request.Dimensions.Select(b => (b, CopyRole.Dimension))))
        {
            if (!CopyLayouts.TryGet(block.Layout, out var layout) || layout.Role != role)
            {
                return new(FlushOutcome.SchemaProblem,
                    new NotSupportedException($"This version does not write layout {block.Layout}: rows of a newer version wait for a newer silo"));
            }

            if (!CopyRows.TryCount(block.Bytes.Span, layout.ColumnCount, out var rows) || rows != block.Rows)
            {
                var message = $"The bytes are not {block.Rows} rows of {layout.Table}: whole rows counted {rows}";
                return new(FlushOutcome.Refused, new InvalidDataException(message), PostgresErrorCodes.BadCopyFileFormat, new RefusedRow(layout.Id, null, null, message));
            }
        }

        return null;
    }
}
