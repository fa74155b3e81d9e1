using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;

namespace OtelOrleans.Sql.Copy;

/// <summary>What the writer counts, per transaction.</summary>
internal static class CopyMetrics
{
    private static readonly Meter Meter = new(SqlTelemetry.MeterName);

    private static readonly Counter<long> Rows =
        Meter.CreateCounter<long>("otelorleans.copy.rows", "{row}", "Rows committed, by table; dimension rows as sent.");

    private static readonly Counter<long> Bytes =
        Meter.CreateCounter<long>("otelorleans.copy.bytes", "By", "Bytes of committed rows as sent to COPY.");

    private static readonly Counter<long> Flushes =
        Meter.CreateCounter<long>("otelorleans.copy.flushes", "{flush}", "Requests committed. Divided by the transactions: how many go together.");

    private static readonly Counter<long> DeadLetters =
        Meter.CreateCounter<long>("otelorleans.copy.dead_letters", "{letter}", "Dead letters committed, by reason.");

    private static readonly Counter<long> Fences =
        Meter.CreateCounter<long>("otelorleans.copy.fences", "{flush}", "Requests that the ledger's compare-and-set refused: somebody else had written.");

    private static readonly Histogram<long> TransactionRows = Meter.CreateHistogram(
        "otelorleans.copy.transaction.rows", "{row}", "Rows of a committed transaction.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 10, 50, 100, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000] });

    private static readonly int Reason = CopyLayouts.DeadLetters.Columns.ToList().FindIndex(c => c.Name == "reason");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "otelorleans.copy.transaction.duration", "s", "Time of a transaction, by outcome; error.type is the SQLSTATE or the exception's type.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

    public static void Begin()
    {
        Fences.Add(0);
        Flushes.Add(0);
        Bytes.Add(0);
    }

    public static void Fenced(int flushes) => Fences.Add(flushes);

    public static void Committed(List<PendingFlush> group, long started)
    {
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("outcome", "committed"));
        Flushes.Add(group.Count);
        TransactionRows.Record(group.Sum(f => f.Rows));
        Bytes.Add(group.Sum(f => f.Bytes));
        foreach (var table in group.SelectMany(f => f.Request.Blocks.Concat(f.Request.Dimensions)).GroupBy(b => b.Layout, b => b.Rows))
        {
            if (CopyLayouts.TryGet(table.Key, out var layout))
                Rows.Add(table.Sum(), new KeyValuePair<string, object?>("table", layout.Table));
        }

        foreach (var block in group.SelectMany(f => f.Request.Blocks))
        {
            if (block.Layout == CopyLayouts.DeadLetters.Id)
                CountLetters(block);
        }
    }

    private static void CountLetters(CopyBlock letters)
    {
        var rest = letters.Bytes.Span;
        for (var row = 0; row < letters.Rows; row++)
        {
            DeadLetters.Add(1, new KeyValuePair<string, object?>("reason", Encoding.UTF8.GetString(CopyRows.ColumnOf(rest, Reason))));
            rest = rest[CopyRows.LengthOf(rest, 1)..];
        }
    }

    public static void Failed(Exception e, long started) =>
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds,
            new KeyValuePair<string, object?>("outcome", "failed"), new KeyValuePair<string, object?>("error.type", SqlErrors.SqlStateOf(e) ?? e.GetType().Name));
}
