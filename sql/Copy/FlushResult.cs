namespace OtelOrleans.Sql.Copy;

/// <summary>What became of a flush.</summary>
public enum FlushOutcome
{
    /// <summary>Rows and ledger are stored.</summary>
    Committed = 1,

    /// <summary>The ledger did not hold what was expected: somebody else wrote. Nothing of the request is stored. Forget the buffer and load the ledger.</summary>
    Fenced = 2,

    /// <summary>The connection was lost while COMMIT was under way: stored wholly or not at all. Forget the buffer and load the ledger.</summary>
    Unknown = 3,

    /// <summary>Nothing is stored and nothing is wrong with the rows: an outage, a time-out, another transaction. Keep the buffer and try again.</summary>
    Retry = 4,

    /// <summary>Nothing is stored, because Postgres refuses a row and always will. Take it out, into <c>dead_letters</c>, and try again.</summary>
    Refused = 5,

    /// <summary>Nothing is stored, because a table, a column or a right is missing. Keep the buffer and stop flushing until the schema is put right.</summary>
    SchemaProblem = 6,
}

/// <summary>Answer to <see cref="CopyWriter.FlushAsync"/>.</summary>
/// <param name="Outcome">What became of the request.</param>
/// <param name="Error">Why, for a log; null where committed or fenced.</param>
/// <param name="SqlState">The server's error code, if it gave one.</param>
/// <param name="Refused">Where the refused row is; set with <see cref="FlushOutcome.Refused"/> only.</param>
public sealed record FlushResult(FlushOutcome Outcome, Exception? Error = null, string? SqlState = null, RefusedRow? Refused = null)
{
    /// <summary>The one answer that everybody hopes for.</summary>
    public static FlushResult Committed { get; } = new(FlushOutcome.Committed);

    /// <summary>Somebody else wrote.</summary>
    public static FlushResult Fenced { get; } = new(FlushOutcome.Fenced);

    /// <summary>Why, in one line for a person; empty where there is nothing to say.</summary>
    public string Reason => Outcome == FlushOutcome.Fenced ? "the ledger was moved by somebody else" : Error is null ? "" : SqlErrors.Describe(Error);
}

/// <summary>The row that Postgres refuses.</summary>
/// <param name="Layout">Its table.</param>
/// <param name="Row">Its place, from 0, among the request's rows of that layout in the order of the blocks; null where it is none of the data rows that is refused, or Postgres went away while it was searched for.</param>
/// <param name="Column">The refused column, if Postgres names it.</param>
/// <param name="Message">What Postgres says about it.</param>
public sealed record RefusedRow(short Layout, int? Row, string? Column, string Message);
