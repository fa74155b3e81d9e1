using System.Text;
using System.Text.Json;

namespace OtelOrleans.Tests.Queries;

/// <summary>
/// A plan without what changes from day to day: kinds of nodes, tables, indexes. A leaf goes by the name of its table, its index by that of the table's; leaves without rows are left
/// out, and siblings that look alike are one.
/// </summary>
/// <param name="names">Of leaves and their indexes: the table or index that they belong to.</param>
/// <param name="rows">Of tables and leaves.</param>
internal sealed class PlanShape(IReadOnlyDictionary<string, string> names, IReadOnlyDictionary<string, long> rows)
{
    // The planner is right to read a small table from end to end.
    private const long Small = 1_000;

    public string Of(JsonElement plan)
    {
        var text = new StringBuilder();
        Write(text, Node(plan)!, 0);
        return text.ToString();
    }

    /// <summary>Tables of more than a thousand rows that the plan reads from end to end.</summary>
    public IEnumerable<string> ReadWhole(JsonElement plan)
    {
        var own = plan.GetProperty("Node Type").GetString() == "Seq Scan" && RowsOf(plan) > Small ? [Text(plan, "Relation Name")!] : Array.Empty<string>();
        return own.Concat(Children(plan).SelectMany(ReadWhole));
    }

    private Shape? Node(JsonElement plan)
    {
        if (RowsOf(plan) == 0)
        {
            return null;
        }

        var words = new List<string> { plan.GetProperty("Node Type").GetString()! };
        Add("Join Type", "{0}");
        Add("Scan Direction", "{0}", "Forward", "NoMovement");
        Add("Index Name", "using {0}");
        Add("Relation Name", "on {0}");
        Add("Function Name", "on {0}()");
        var children = Children(plan).Select(Node).OfType<Shape>().ToList();
        return new(string.Join(' ', words), [.. children.DistinctBy(c => c.ToString())]);

        void Add(string property, string format, params string[] usual)
        {
            if (Text(plan, property) is { } value && !usual.Contains(value))
            {
                words.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, names.GetValueOrDefault(value, value)));
            }
        }
    }

    private long RowsOf(JsonElement plan) => Text(plan, "Relation Name") is { } table ? rows.GetValueOrDefault(table, long.MaxValue) : long.MaxValue;

    private static JsonElement.ArrayEnumerator Children(JsonElement plan) => plan.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray() : default;

    private static string? Text(JsonElement plan, string property) => plan.TryGetProperty(property, out var value) ? value.GetString() : null;

    private static void Write(StringBuilder text, Shape shape, int depth)
    {
        text.Append(' ', 4 + 2 * depth).Append(shape.Line).Append('\n');
        foreach (var child in shape.Children)
        {
            Write(text, child, depth + 1);
        }
    }

    private sealed record Shape(string Line, IReadOnlyList<Shape> Children)
    {
        public override string ToString()
        {
            var text = new StringBuilder();
            Write(text, this, 0);
            return text.ToString();
        }
    }
}
