using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using OpenTelemetry.Proto.Collector.Logs.V1;
using OpenTelemetry.Proto.Collector.Metrics.V1;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Proto;

/// <summary>The table in <c>proto/README.md</c> that says where each field lies, against the schema.</summary>
public sealed partial class FieldTableTests
{
    // Kinds of messages of which the table speaks together.
    private static readonly (string One, string[] Others)[] s_alike =
    [
        ("ResourceSpans", ["ResourceLogs", "ResourceMetrics"]),
        ("ScopeSpans", ["ScopeLogs", "ScopeMetrics"]),
        ("NumberDataPoint", ["HistogramDataPoint", "ExponentialHistogramDataPoint", "SummaryDataPoint"]),
    ];

    private static readonly string[] s_rows = Rows();

    [Fact]
    public void Every_field_of_the_schema_is_in_the_table()
    {
        var told = s_rows.SelectMany(r => Named(r.Split('|')[1])).ToHashSet();
        foreach (var (one, others) in s_alike)
        {
            told.UnionWith([.. others.SelectMany(o => told.Where(t => t.StartsWith(one + ".", StringComparison.Ordinal)).Select(t => o + t[one.Length..]))]);
        }

        var fields = Messages().SelectMany(m => m.Fields.InDeclarationOrder().Select(f => $"{m.Name}.{f.Name}")).ToList();
        Assert.InRange(fields.Count, 100, 1_000);
        Assert.Empty(fields.Except(told));
    }

    [Fact]
    public void The_table_names_no_field_that_is_not_in_the_schema()
    {
        var fields = Messages().SelectMany(m => m.Fields.InDeclarationOrder().Select(f => $"{m.Name}.{f.Name}"));
        Assert.Empty(s_rows.SelectMany(r => Named(r.Split('|')[1])).Except(fields));
    }

    [Fact]
    public void The_table_names_every_column_but_ids_and_originals()
    {
        var table = string.Join('\n', s_rows);
        foreach (var layout in CopyLayouts.All.Where(l => l.Role != CopyRole.Flush && l != CopyLayouts.DeadLetters))
        {
            // Keys, the copy of the service's name on each row, and what the other section is about.
            var columns = layout.Columns.Select(c => c.Name).Where(c => c is not ("lossless" or "service_name" or "service_namespace" or "service_instance_id" or "bounds") && !c.EndsWith("_id", StringComparison.Ordinal));
            Assert.All(columns, c => Assert.Matches($@"[`.""]{c}[`""]", table));
        }
    }

    // `Message.field` and, behind it, `field`s of the same message. What is no field stands without backticks, or in the second column.
    private static IEnumerable<string> Named(string cell)
    {
        var message = "";
        foreach (Match match in Quoted().Matches(cell))
        {
            var name = match.Groups[1].Value;
            if (name.Contains('.', StringComparison.Ordinal))
            {
                message = name[..name.IndexOf('.', StringComparison.Ordinal)];
                yield return name;
            }
            else if (char.IsAsciiLetterLower(name[0]))
            {
                yield return $"{message}.{name}";
            }
        }
    }

    private static HashSet<MessageDescriptor> Messages()
    {
        HashSet<MessageDescriptor> found = [];
        Queue<MessageDescriptor> left = new([ExportTraceServiceRequest.Descriptor, ExportLogsServiceRequest.Descriptor, ExportMetricsServiceRequest.Descriptor]);
        while (left.TryDequeue(out var message))
        {
            foreach (var field in message.Fields.InDeclarationOrder().Where(f => f.FieldType == FieldType.Message && found.Add(f.MessageType)))
            {
                left.Enqueue(field.MessageType);
            }
        }

        return found;
    }

    private static string[] Rows()
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "proto", "README.md"));
        return [.. lines.SkipWhile(l => l != "## Where each field lies").TakeWhile(l => l != "Not stored, or not fully:").Where(l => l.StartsWith("| `", StringComparison.Ordinal))];
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
