using System.Globalization;

namespace OtelOrleans.Tests.Bench;

/// <summary>What stands behind a bench's name: <c>--name value …</c>.</summary>
internal sealed class BenchArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">A name without value, or a value without name.</exception>
    public BenchArguments(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == arguments.Count)
            {
                throw new ArgumentException($"what is {arguments[i]}? Arguments are --name value");
            }

            _values[arguments[i][2..]] = arguments[i + 1];
        }
    }

    public int Number(string name, int otherwise) => Take(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public int? Number(string name) => Take(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public string Text(string name, string otherwise) => Take(name) ?? otherwise;

    /// <summary>Called when a bench has asked for all that it knows.</summary>
    /// <exception cref="ArgumentException">Something else was given.</exception>
    public void EndHere()
    {
        if (_values.Count > 0)
        {
            throw new ArgumentException($"this bench knows no --{_values.Keys.First()}");
        }
    }

    private string? Take(string name) => _values.Remove(name, out var text) ? text : null;
}
