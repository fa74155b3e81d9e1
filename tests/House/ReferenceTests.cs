using System.Xml.Linq;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.House;

/// <summary>Guards who may reference whom, and which heavy package lives where.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["proto"] = [],
        ["sql"] = [],
        ["grain-interfaces"] = [],
        ["grains"] = ["proto", "sql", "grain-interfaces"],
        ["silo"] = ["proto", "sql", "grain-interfaces", "grains"],
        ["tests"] = ["proto", "sql", "grain-interfaces", "grains", "silo"],
    };

    private static readonly Dictionary<string, string[]> LivesOnlyIn = new()
    {
        ["Npgsql"] = ["sql", "tests"],
        ["Microsoft.Orleans.Sdk"] = ["grain-interfaces"],
        ["Microsoft.Orleans.Streaming"] = ["grains"],
        ["Confluent.Kafka"] = ["silo"],
        ["Microsoft.Orleans.Server"] = ["silo"],
        ["Microsoft.Orleans.Dashboard"] = ["silo"],
        ["Google.Protobuf"] = ["tests"],
    };

    [Fact]
    public void Projects_reference_only_what_the_house_allows()
    {
        var projects = Projects();

        Assert.Equal(MayReference.Keys.Order(), projects.Keys.Order());
        foreach (var (folder, project) in projects)
        {
            var references = project.Descendants("ProjectReference").Select(r => Path.GetFileName(Path.GetDirectoryName((string)r.Attribute("Include")!))!);
            Assert.Empty(references.Except(MayReference[folder]).Select(r => $"{folder} references {r}"));
        }
    }

    [Fact]
    public void Heavy_packages_live_in_one_folder()
    {
        foreach (var (folder, project) in Projects())
        {
            var packages = project.Descendants("PackageReference").Select(r => (string)r.Attribute("Include")!);
            Assert.Empty(packages.Where(p => LivesOnlyIn.TryGetValue(p, out var folders) && !folders.Contains(folder)).Select(p => $"{folder} references {p}"));
        }
    }

    [Fact]
    public void Npgsql_cannot_be_used_outside_of_sql()
    {
        var npgsql = Projects()["sql"].Descendants("PackageReference").Single(r => (string?)r.Attribute("Include") == "Npgsql");

        Assert.Equal("compile", (string?)npgsql.Attribute("PrivateAssets"));
    }

    private static Dictionary<string, XDocument> Projects() =>
        Directory.GetFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
            .ToDictionary(f => Path.GetFileName(Path.GetDirectoryName(f))!, XDocument.Load);
}
