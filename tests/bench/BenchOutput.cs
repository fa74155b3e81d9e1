using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OtelOrleans.Tests.Bench;

/// <summary>Passes on what benches print, and keeps each line <c>NAME: key=value …</c> for <c>--json FILE</c>: what a person reads and what a program reads are the same.</summary>
internal sealed class BenchOutput(TextWriter next) : TextWriter(CultureInfo.InvariantCulture)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly JsonArray _lines = [];

    public override Encoding Encoding => next.Encoding;

    public override void Write(char value) => next.Write(value);

    public override void WriteLine(string? value)
    {
        next.WriteLine(value);
        next.Flush();
        if (Parse(value ?? "") is { } line)
        {
            _lines.Add(line);
        }
    }

    /// <summary>Writes an array with an object per line: its name as <c>bench</c>, and its keys.</summary>
    public void Save(string file) => File.WriteAllText(file, _lines.ToJsonString(Indented) + "\n");

    private static JsonObject? Parse(string text)
    {
        if (text.Split(": ", 2) is not [var name, var rest] || name.Contains(' ', StringComparison.Ordinal))
        {
            return null;
        }

        var line = new JsonObject { ["bench"] = name };
        foreach (var word in rest.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.Split('=', 2) is not [var key, var value])
            {
                return null;
            }

            line[key] = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : value;
        }

        return line;
    }
}
