using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Silo;

/// <summary>A <c>.env</c> file in the working directory, as the predecessor's users have it.</summary>
public sealed class DotEnvTests
{
    [Fact]
    public async Task Variables_of_a_dotenv_file_count_and_lose_against_the_environment()
    {
        var folder = Directory.CreateTempSubdirectory("otelorleans-dotenv-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, ".env"), "# comment\nPOSTGRES_PORT=70001\nBATCH_SIZE=-1\n", TestContext.Current.CancellationToken);

        var (exitCode, _, errors) = await SiloProcess.RunAsync(["run"], new Dictionary<string, string> { ["BATCH_SIZE"] = "-2" }, folder.FullName);

        folder.Delete(recursive: true);
        Assert.Equal(78, exitCode);
        Assert.Contains("70001", errors, StringComparison.Ordinal);
        Assert.Contains("BATCH_SIZE) is -2", errors, StringComparison.Ordinal);
    }
}
