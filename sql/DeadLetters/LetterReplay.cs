using Npgsql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Rollups;

namespace OtelOrleans.Sql.DeadLetters;

/// <summary>
/// Stores the rows of a dead letter in the same transaction that marks the letter as replayed. The mark takes the ledger's place: of two replays at once, or of one that is
/// repeated after its end is not known, only one stores.
/// </summary>
public sealed class LetterReplay(PostgresDatabase database, RollupOptions rollups, TimeProvider time)
{
    private readonly SpanRollups _rollups = new(rollups, time);

    /// <summary>False if the letter was not open any more: nothing is stored. Throws what Postgres says; then nothing is stored either, or the letter is marked.</summary>
    /// <param name="letterId">The letter.</param>
    /// <param name="requests">Its rows, a request per service. Their moves say what is stored; the ledger does not move.</param>
    /// <param name="ct">Cancels what has not begun.</param>
    public async Task<bool> StoreAsync(long letterId, IReadOnlyList<FlushRequest> requests, CancellationToken ct)
    {
        await using var connection = await database.Writer.OpenConnectionAsync(ct);
        var transaction = new FlushTransaction(connection, [.. requests.Select(r => new PendingFlush(r, CancellationToken.None))], _rollups, letterId);
        return (await transaction.RunAsync()).Count == 0;
    }

    /// <summary>What can be told without asking Postgres: a row of a layout that this version does not write; null if there is nothing.</summary>
    public static string? Defect(FlushRequest request) => CopyWriter.Defect(request)?.Error?.Message;

    /// <summary>Of rows of dead letters: reason and error of the first.</summary>
    public static (string Reason, string Error) Describe(ReadOnlySpan<byte> letters) => (Text(letters, "reason"), Text(letters, "error"));

    private static string Text(ReadOnlySpan<byte> letters, string column) =>
        System.Text.Encoding.UTF8.GetString(CopyRows.ColumnOf(letters, CopyLayouts.DeadLetters.Columns.ToList().FindIndex(c => c.Name == column)));
}
