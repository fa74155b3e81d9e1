using OtelOrleans.Silo.Demo;
using Xunit;

namespace OtelOrleans.Tests.Demo;

/// <summary>What a test says when the machine lacks a service: skipped on a laptop, failed where the service is promised.</summary>
internal static class Services
{
    /// <summary>Set (to 1) by <c>make test</c>, which installs what is missing before.</summary>
    public const string Promise = "OTELORLEANS_TESTS_REQUIRE_SERVICES";

    /// <summary>Starts a Postgres for this test alone.</summary>
    public static async Task<PrivatePostgres> PostgresAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        if (await PostgresBinaries.FindAsync(ct) is null)
        {
            Missing(PostgresBinaries.HowToInstall);
        }

        return await PrivatePostgres.CreateTemporaryAsync(null, ct);
    }

    private static void Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable(Promise) == "1")
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
    }
}
