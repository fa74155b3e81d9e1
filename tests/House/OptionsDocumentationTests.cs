using Microsoft.Extensions.Configuration;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.House;

/// <summary>An option is done when README's table and appsettings.json show it.</summary>
public sealed class OptionsDocumentationTests
{
    private static readonly IReadOnlyList<string> Options =
    [
        .. typeof(OtelOrleansOptions).GetProperties()
            .SelectMany(section => section.PropertyType.GetProperties().Where(p => p.CanWrite).Select(option => $"OtelOrleans:{section.Name}:{option.Name}")),
    ];

    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
    private static readonly IConfiguration Settings = new ConfigurationBuilder().AddJsonFile(Path.Combine(Repository.Root, "silo", "appsettings.json")).Build();

    [Fact]
    public void Readme_has_a_row_for_every_option_with_its_variable()
    {
        Assert.NotEmpty(Options);
        Assert.All(Options, o => Assert.Contains($"| `{o}` | {Variable(o)}", Readme, StringComparison.Ordinal));
    }

    [Fact]
    public void Readme_has_no_row_for_what_is_no_option() =>
        Assert.Empty(Readme.Split('\n').Where(l => l.StartsWith("| `OtelOrleans:", StringComparison.Ordinal)).Select(l => l.Split('`')[1]).Except(Options));

    [Fact]
    public void Settings_file_shows_every_option()
    {
        var shown = Options.Where(o => Settings.GetSection(o).Exists() || IsMap(o));

        Assert.Equal(Options, shown);
    }

    [Fact]
    public void Settings_file_holds_the_defaults()
    {
        var defaults = Values(OtelOrleansOptions.Read(new ConfigurationBuilder().Build()));

        Assert.Equal(defaults, Values(OtelOrleansOptions.Read(Settings)));
    }

    /// <summary>An empty map shows in no configuration.</summary>
    private static bool IsMap(string option) => option.EndsWith(":Properties", StringComparison.Ordinal) || option.EndsWith(":Services", StringComparison.Ordinal) || option.EndsWith("Encodings", StringComparison.Ordinal);

    private static string Variable(string option) =>
        OptionVariables.Keys.FirstOrDefault(k => k.Value == option) is { Key: { } variable } ? $"`{variable}`" : "|";

    private static List<string> Values(OtelOrleansOptions options) =>
    [
        .. typeof(OtelOrleansOptions).GetProperties().SelectMany(section => section.PropertyType.GetProperties().Where(p => p.CanWrite)
            .Select(option => $"{section.Name}:{option.Name}={option.GetValue(section.GetValue(options)) switch { Dictionary<string, string> map => map.Count, "" => null, var v => v }}")),
    ];
}
