using OtelOrleans.Tests.Infrastructure;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OtelOrleans.Tests.Deploy;

/// <summary>YAML files of the repository, as their readers see them: merge keys followed.</summary>
internal static class Yaml
{
    public static YamlMappingNode Load(params string[] path)
    {
        using var text = File.OpenText(Path.Combine([Repository.Root, .. path]));
        var stream = new YamlStream();
        stream.Load(new Parser(text));
        return (YamlMappingNode)Assert.Single(stream.Documents).RootNode;
    }

    /// <summary>The node at a path of keys, and of numbers for items of a list.</summary>
    public static YamlNode At(this YamlNode node, params object[] path) =>
        path.Aggregate(node, (n, key) => key is int index ? ((YamlSequenceNode)n).Children[index] : n.Find((string)key) ?? throw new KeyNotFoundException($"no {key} among {string.Join(", ", n.Keys())}"));

    public static YamlNode? Find(this YamlNode node, string key)
    {
        var map = (YamlMappingNode)node;
        return map.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value
            : map.Children.TryGetValue(new YamlScalarNode("<<"), out var merged) ? merged.Find(key)
            : null;
    }

    public static IEnumerable<string> Keys(this YamlNode node) => ((YamlMappingNode)node).Children
        .SelectMany(c => c.Key.Text() == "<<" ? c.Value.Keys() : [c.Key.Text()]).Distinct();

    public static IReadOnlyList<YamlNode> Items(this YamlNode node) => [.. ((YamlSequenceNode)node).Children];

    public static string Text(this YamlNode node) => ((YamlScalarNode)node).Value ?? "";
}
