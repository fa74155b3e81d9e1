using Microsoft.Extensions.Options;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.DeadLetters;
using OtelOrleans.Sql.Ledger;
using OtelOrleans.Sql.Rollups;

namespace OtelOrleans.Grains.DeadLetters;

/// <summary>What became of a replay.</summary>
public enum LetterOutcome
{
    /// <summary>Its rows are stored, and it is marked. With a dry run: they would be.</summary>
    Stored = 1,

    /// <summary>It fails again and stays, with the new error.</summary>
    FailedAgain = 2,

    /// <summary>It was replayed or dropped meanwhile: nothing was done.</summary>
    Closed = 3,
}

/// <summary>Answer to <see cref="LetterReplayer.ReplayAsync"/>.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Rows">Rows of data stored.</param>
/// <param name="Letters">Dead letters stored in its stead: parts of it that still cannot be stored.</param>
/// <param name="Error">Why it failed again.</param>
public readonly record struct LetterResult(LetterOutcome Outcome, long Rows = 0, long Letters = 0, string? Error = null);

/// <summary>Runs the bytes of dead letters through today's decoder, with today's limits, and stores what comes out; rows that Postgres refused go as they are.</summary>
public sealed class LetterReplayer(PostgresDatabase database, RollupOptions rollups, IOptions<DecodingOptions> options, TimeProvider time)
{
    private readonly DeadLetterStore _store = new(database);
    private readonly LetterReplay _replay = new(database, rollups, time);

    /// <summary>Replays one letter. Throws what Postgres says where the server is in the way; what it says of the rows goes into the letter.</summary>
    public async Task<LetterResult> ReplayAsync(DeadLetter letter, bool isDryRun, CancellationToken cancellationToken)
    {
        if (!letter.IsOpen || await _store.PayloadAsync(letter.Id, cancellationToken) is not { } payload)
        {
            return new(LetterOutcome.Closed);
        }

        var requests = letter.RowLayout is { } layout ? [RowOf(letter, layout, payload)] : Decode(letter, payload);
        var blocks = requests.SelectMany(r => r.Blocks).ToList();
        var letters = blocks.Where(b => b.Layout == CopyLayouts.DeadLetters.Id).ToList();
        var rows = blocks.Sum(b => (long)b.Rows) - letters.Sum(b => b.Rows);
        if (rows == 0 && letters is [var first, ..])
        {
            var (reason, error) = LetterReplay.Describe(first.Bytes.Span);
            return await FailedAsync(letter, isDryRun, reason, null, error, cancellationToken);
        }

        if (requests.Select(LetterReplay.Defect).FirstOrDefault(d => d is not null) is { } defect)
        {
            return await FailedAsync(letter, isDryRun, letter.Reason, letter.SqlState, defect, cancellationToken);
        }

        try
        {
            return isDryRun || await _replay.StoreAsync(letter.Id, requests, cancellationToken)
                ? new(LetterOutcome.Stored, rows, letters.Sum(b => b.Rows))
                : new(LetterOutcome.Closed);
        }
        catch (Exception e) when (SqlErrors.Classify(e) == SqlErrorClass.Refused)
        {
            return await FailedAsync(letter, isDryRun, DeadLetterReason.RefusedByPostgres, SqlErrors.SqlStateOf(e), SqlErrors.Describe(e), cancellationToken);
        }
    }

    private async Task<LetterResult> FailedAsync(DeadLetter letter, bool isDryRun, string reason, string? sqlState, string error, CancellationToken cancellationToken)
    {
        if (!isDryRun)
        {
            await _store.FailedAgainAsync(letter.Id, reason, sqlState, error, cancellationToken);
        }

        return new(LetterOutcome.FailedAgain, Error: error);
    }

    private IReadOnlyList<FlushRequest> Decode(DeadLetter letter, byte[] payload)
    {
        var signal = letter.Signal switch
        {
            "traces" => Signal.Traces,
            "logs" => Signal.Logs,
            "metrics" => Signal.Metrics,
            _ => default,
        };
        var record = new PayloadRecord(letter.Offset, letter.RecordTime?.ToUnixTimeMilliseconds() ?? -1, signal, payload, letter.ContentEncoding);
        // A cache of its own: it believes no dimension row to be stored, so all go with the rows.
        using var decoder = new ChunkDecoder(new DimensionCache(), time, options);
        var batches = decoder.Decode(new PayloadChunk(letter.Topic, letter.Partition, 0, 0, [record]));
        return batches.Count == 0 ? [Nothing(letter)] : [.. batches.Select(b => RowsOf(b, letter))];
    }

    /// <summary>What it holds has no rows any more: it is done all the same.</summary>
    private static FlushRequest Nothing(DeadLetter letter) => new() { ServiceName = letter.ServiceName ?? ServiceNames.Unknown, Moves = [Move(letter, new MoveRecords())] };

    private static FlushRequest RowsOf(DecodedBatch decoded, DeadLetter letter)
    {
        var records = new MoveRecords();
        decoded.Batch.AddRecordsTo(records);
        return new()
        {
            ServiceName = decoded.ServiceName,
            Moves = [Move(letter, records)],
            Blocks = [.. decoded.Batch.Tables.Select(t => new CopyBlock(t.Layout, t.Bytes.Memory, t.RecordRows.Sum()))],
            Dimensions = [.. decoded.Batch.Dimensions.Select(d => new CopyBlock(d.Layout, d.Bytes, d.Rows))],
        };
    }

    private static FlushRequest RowOf(DeadLetter letter, short layout, byte[] row)
    {
        var records = new MoveRecords();
        records.Add(letter.Offset, rows: 1, decodedRows: 1);
        records.AddRows(layout, 1);
        return new() { ServiceName = letter.ServiceName ?? ServiceNames.Unknown, Moves = [Move(letter, records)], Blocks = [new CopyBlock(layout, row, 1)] };
    }

    private static LedgerMove Move(DeadLetter letter, MoveRecords records) => new(letter.Topic, letter.Partition, null, letter.Offset + 1, records);
}
