using System.Text.Json;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Deploy;

/// <summary>The dashboards of <c>deploy/grafana</c>, read as Grafana reads them.</summary>
internal sealed class GrafanaDashboard
{
    public static readonly string Folder = Path.Combine(Repository.Root, "deploy", "grafana");

    private readonly JsonElement _root;

    private GrafanaDashboard(string text)
    {
        Text = text;
        _root = JsonDocument.Parse(text).RootElement;
    }

    public string Text { get; }

    public string Uid => _root.GetProperty("uid").GetString()!;

    public IEnumerable<JsonElement> Panels => _root.GetProperty("panels").EnumerateArray().Where(p => p.GetProperty("type").GetString() != "row");

    public IEnumerable<JsonElement> Variables => _root.GetProperty("templating").GetProperty("list").EnumerateArray();

    /// <summary>The SQL of its panels and of its variables, each with the name of what it is for.</summary>
    public IEnumerable<(string Name, string Sql)> Queries =>
    [
        .. Panels.SelectMany(p => p.GetProperty("targets").EnumerateArray().Select(t => ($"{Uid}: {p.GetProperty("title")}", t.GetProperty("rawSql").GetString()!))),
        .. Variables.Where(v => v.GetProperty("type").GetString() == "query").Select(v => ($"{Uid}: ${v.GetProperty("name")}", v.GetProperty("query").GetString()!)),
    ];

    public static IReadOnlyList<GrafanaDashboard> All { get; } =
        [.. Directory.GetFiles(Path.Combine(Folder, "dashboards"), "*.json").Order(StringComparer.Ordinal).Select(f => new GrafanaDashboard(File.ReadAllText(f)))];
}
