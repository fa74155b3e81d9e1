using Microsoft.Extensions.Configuration;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Tests.Silo;

/// <summary>What people write into options, and what is made of it.</summary>
public sealed class OptionVariablesTests
{
    [Theory]
    [InlineData("720h", 720 * 60)]
    [InlineData("30d", 30 * 24 * 60)]
    [InlineData("2w", 14 * 24 * 60)]
    [InlineData("1h30m", 90)]
    [InlineData("300s", 5)]
    [InlineData("120000ms", 2)]
    [InlineData("120000", 2)]
    [InlineData("01:30:00", 90)]
    [InlineData("7.00:00:00", 7 * 24 * 60)]
    public void Durations_are_read_as_the_predecessor_and_the_collector_write_them(string text, int minutes) =>
        Assert.Equal(TimeSpan.FromMinutes(minutes), Read(("Period", text)).Period);

    [Theory]
    [InlineData("30 days")]
    [InlineData("d")]
    [InlineData("5x")]
    [InlineData("1h-")]
    public void Duration_that_cannot_be_read_is_refused_with_an_example(string text)
    {
        var problem = Assert.Throws<OptionsException>(() => Read(("Period", text))).Message;

        Assert.Contains($"OtelOrleans:Retention:Period (DATA_RETENTION_PERIOD) is '{text}': give a duration such as", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("true", true)]
    [InlineData("False", false)]
    public void Option_that_is_empty_is_not_set(string text, bool? expected) =>
        Assert.Equal(expected, Read(("Enabled", text), ("SpansDays", "7")).Enabled);

    private static OtelOrleans.Sql.Upkeep.RetentionOptions Read(params (string Name, string Value)[] options) => OtelOrleansOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(options.Select(o => KeyValuePair.Create($"OtelOrleans:Retention:{o.Name}", (string?)o.Value))).Build()).Retention;
}
