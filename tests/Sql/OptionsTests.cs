using OtelOrleans.Sql;
using Xunit;

namespace OtelOrleans.Tests.Sql;

public sealed class OptionsTests
{
    [Fact]
    public void Defaults_are_valid() => Assert.Empty(PostgresOptions.Validate(new()));

    [Fact]
    public void Every_problem_is_told_at_once_with_its_key()
    {
        var problems = PostgresOptions.Validate(new()
        {
            Host = "",
            Port = 70_000,
            User = " ",
            Database = "",
            SslMode = "4",
            RootCertificate = "/nowhere",
            MaxConnections = 7,
            WriterConnections = 0,
            MaxRowsPerTransaction = 1,
            MaxBytesPerTransaction = 1,
            ConnectTimeout = TimeSpan.Zero,
            CommandTimeout = TimeSpan.FromDays(1),
        }).ToList();
        Assert.Equal(12, problems.Count);
        Assert.All(problems, p => Assert.StartsWith("OtelOrleans:Postgres:", p, StringComparison.Ordinal));
        Assert.Contains("OtelOrleans:Postgres:Port is 70000: give a TCP port from 1 to 65535 (POSTGRES_PORT)", problems);
    }

    [Fact]
    public void Writers_must_leave_connections_to_the_others() =>
        Assert.Equal(
            ["OtelOrleans:Postgres:WriterConnections is 3: OtelOrleans:Postgres:MaxConnections must be at least 9, as 4 serve the membership and 2 the ledger"],
            PostgresOptions.Validate(new() { MaxConnections = 8, WriterConnections = 3 }));

    [Theory]
    [InlineData("Host=db;Password=hush")]
    [InlineData("Port=x;Password=hush")]
    [InlineData("Nonsense=hush")]
    [InlineData("Password=hush")]
    public void A_password_is_never_printed(string connectionString)
    {
        var options = new PostgresOptions { ConnectionString = connectionString, Password = "hush" };
        Assert.DoesNotContain("hush", options.ToString() + string.Concat(PostgresOptions.Validate(options)), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", new PostgresOptions { Password = "hush" }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_string_that_cannot_be_used_is_told()
    {
        Assert.Empty(PostgresOptions.Validate(new() { ConnectionString = "Host=db;Username=u", Host = "" }));
        Assert.Single(PostgresOptions.Validate(new() { ConnectionString = "Database=x" }));
        Assert.Single(PostgresOptions.Validate(new() { ConnectionString = "Port=x" }));
    }
}
