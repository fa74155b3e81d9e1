using System.Text.Json;
using OtelOrleans.Tests.Bench.Pipeline;
using OtelOrleans.Tests.Demo;

namespace OtelOrleans.Tests.Bench;

/// <summary>That benches can be believed: the shortest form of what <c>make bench</c> runs.</summary>
public sealed class BenchTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Bench_of_ingest_finds_every_row_stored_and_says_what_it_cost()
    {
        await Services.RequirePostgresAsync();
        await using var text = new StringWriter();

        await IngestBench.RunAsync(new(["--rows", "3000", "--partitions", "2", "--services", "3", "--rounds", "1", "--warm-up", "0"]), text);

        output.WriteLine(text.ToString());
        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("ingest_spans: ratio_limit=", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("ingest_logs: ratio_limit=", lines[1], StringComparison.Ordinal);
        Assert.All(lines, l => Assert.Contains(" rows=3000 ", l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_of_benches_are_objects_of_the_JSON_file()
    {
        var file = Path.GetTempFileName();
        await using (var benches = new BenchOutput(TextWriter.Null))
        {
            await benches.WriteLineAsync("decode: ns_per_span=449 way=natural");
            await benches.WriteLineAsync("ingest failed: Kafka did not take all records");
            benches.Save(file);
        }

        var line = Assert.Single(JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).RootElement.EnumerateArray());
        File.Delete(file);
        Assert.Equal("decode", line.GetProperty("bench").GetString());
        Assert.Equal(449, line.GetProperty("ns_per_span").GetDouble());
        Assert.Equal("natural", line.GetProperty("way").GetString());
    }

    [Theory]
    [InlineData("--rows")]
    [InlineData("1000")]
    [InlineData("--colour", "red")]
    public void Arguments_that_a_bench_does_not_know_are_told(params string[] given) => Assert.Throws<ArgumentException>(() =>
    {
        var arguments = new BenchArguments(given);
        arguments.Number("rows", 1);
        arguments.EndHere();
    });
}
