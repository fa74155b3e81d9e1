namespace OtelOrleans.Sql.Ledger;

/// <summary>
/// How many records of a topic-partition were read up to its resume point, since it was first read. Depends on nothing but the resume point, whichever silo counts:
/// so the audit can say for any two resume points how many records must be stored between them.
/// </summary>
/// <param name="Records">Records.</param>
/// <param name="Empty">Those among them that have no rows: tombstones, and payloads with nothing in them.</param>
public readonly record struct RecordCounts(long Records, long Empty)
{
    /// <summary>Both together.</summary>
    public static RecordCounts operator +(RecordCounts x, RecordCounts y) => new(x.Records + y.Records, x.Empty + y.Empty);
}
