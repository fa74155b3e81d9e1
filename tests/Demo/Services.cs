using System.Diagnostics.CodeAnalysis;
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
        await RequirePostgresAsync();
        return await PrivatePostgres.CreateTemporaryAsync(null, TestContext.Current.CancellationToken);
    }

    /// <summary>Goes on only where a Postgres can be started.</summary>
    public static async Task RequirePostgresAsync()
    {
        if (await PostgresBinaries.FindAsync(TestContext.Current.CancellationToken) is null)
        {
            Missing(PostgresBinaries.HowToInstall);
        }
    }

    /// <summary>Ends the test: skipped, or failed where services are promised.</summary>
    [DoesNotReturn]
    public static void Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable(Promise) == "1")
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
    }
}
