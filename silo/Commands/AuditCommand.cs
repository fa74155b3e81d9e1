using System.CommandLine;
using System.Globalization;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Audit;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>audit</c>: whether each record that was read is stored once.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        var topic = new Option<string?>("--topic") { Description = "Only this topic (default: all)" };
        var partition = new Option<int?>("--partition") { Description = "Only this partition" };
        var from = new Option<long?>("--from") { Description = "Only ranges that reach beyond this offset" };
        var to = new Option<long?>("--to") { Description = "Only ranges that begin before this offset" };
        var command = new Command(
            "audit",
            "Compares what was read from Kafka, what each flush said it stored, the ledger, and the rows that are there; exit code 0 if all agree, 1 with a line for each range that does not. "
            + "Silos may run meanwhile. Reads the data tables once, from end to end")
        { topic, partition, from, to };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new AuditScope(parsed.GetValue(topic), parsed.GetValue(partition), parsed.GetValue(from), parsed.GetValue(to)), Console.Out, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(AuditScope scope, TextWriter output, CancellationToken cancellationToken)
    {
        await using var database = new PostgresDatabase(OtelOrleansOptions.Read(OtelOrleansOptions.Configuration()).Postgres);
        var audit = new IngestAudit(database);
        var topics = await audit.TopicsAsync(cancellationToken);
        if (scope.Topic is { } topic && !topics.Contains(topic))
        {
            throw new StartupException(
                ExitCodes.Failure, $"Nothing was read of topic '{topic}' yet: there is {(topics.Count == 0 ? "no topic" : string.Join(", ", topics))} in {database.Address}");
        }

        var report = await audit.RunAsync(scope, cancellationToken);
        await output.WriteAsync(Format(report));
        return report.Findings.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static string Format(AuditReport report)
    {
        var partitions = report.Ranges.GroupBy(r => (r.Topic, r.Partition)).Select(Sum).ToList();
        var table = TextTable.Format(
            ["topic/partition", "offsets", "records", "empty", "stored", "dead", "rows decoded", "rows stored", "dead letters", ""],
            partitions.Select(p => (string[])
            [
                $"{p.Topic}/{p.Partition}", $"[{p.From}, {p.To})", N(p.RecordsRead), N(p.RecordsEmpty), N(p.RecordsStored), N(p.RecordsDeadLettered), N(p.RowsDecoded), N(p.RowsStored),
                N(p.DeadLetters), p.Holds ? "holds" : "DOES NOT HOLD",
            ]),
            rightAligned: [1, 2, 3, 4, 5, 6, 7, 8]);
        List<string> lines =
        [
            .. report.Gaps.Select(g => $"gap      {g.Topic}/{g.Partition} [{g.FromOffset}, {g.ToOffset}): {g.Reason}"),
            .. report.Notes.Select(n => $"note     {n}"),
            .. report.Findings.Select(f => $"problem  {f.Where}: {f.What}"),
            report.Findings.Count == 0
                ? $"holds: {N(partitions.Sum(p => p.RecordsRead))} records of {partitions.Count} partitions, {N(partitions.Sum(p => p.RowsStored))} rows"
                : $"does not hold: {report.Findings.Count} problems",
        ];
        return table + string.Join('\n', lines) + '\n';
    }

    private static AuditRange Sum(IGrouping<(string Topic, int Partition), AuditRange> ranges) => ranges.Aggregate((x, y) => new AuditRange(
        x.Topic, x.Partition, x.From, y.To, x.RecordsRead + y.RecordsRead, x.RecordsEmpty + y.RecordsEmpty, x.RecordsStored + y.RecordsStored,
        x.RecordsDeadLettered + y.RecordsDeadLettered, x.RowsDecoded + y.RowsDecoded, x.RowsStored + y.RowsStored, x.DeadLetters + y.DeadLetters, x.Holds && y.Holds));

    private static string N(long number) => number.ToString(CultureInfo.InvariantCulture);
}
