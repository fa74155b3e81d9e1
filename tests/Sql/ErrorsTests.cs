using Npgsql;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

public sealed class ErrorsTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("22021", SqlErrorClass.Refused)]
    [InlineData("23514", SqlErrorClass.Refused)]
    [InlineData("54000", SqlErrorClass.Refused)]
    [InlineData("54001", SqlErrorClass.Refused)]
    [InlineData("42P01", SqlErrorClass.Schema)]
    [InlineData("42501", SqlErrorClass.Schema)]
    [InlineData("3F000", SqlErrorClass.Schema)]
    [InlineData("28P01", SqlErrorClass.Authentication)]
    [InlineData("3D000", SqlErrorClass.Authentication)]
    [InlineData("08006", SqlErrorClass.Transient)]
    [InlineData("08P01", SqlErrorClass.Transient)]
    [InlineData("25006", SqlErrorClass.Transient)]
    [InlineData("40001", SqlErrorClass.Transient)]
    [InlineData("40P01", SqlErrorClass.Transient)]
    [InlineData("53100", SqlErrorClass.Transient)]
    [InlineData("55P03", SqlErrorClass.Transient)]
    [InlineData("57014", SqlErrorClass.Transient)]
    [InlineData("57P01", SqlErrorClass.Transient)]
    [InlineData("58030", SqlErrorClass.Transient)]
    [InlineData("XX000", SqlErrorClass.Transient)]
    public void A_SQLSTATE_says_whether_the_same_bytes_can_succeed_later(string sqlState, SqlErrorClass expected) =>
        Assert.Equal(expected, SqlErrors.Classify(new InvalidOperationException("outer", new PostgresException("m", "ERROR", "ERROR", sqlState))));

    [Fact]
    public void What_is_not_the_database_is_not_ours()
    {
        Assert.Equal(SqlErrorClass.None, SqlErrors.Classify(new InvalidOperationException()));
        Assert.Equal(SqlErrorClass.Transient, SqlErrors.Classify(new NpgsqlException("m", new TimeoutException())));
    }

    [Fact]
    public void A_row_that_breaks_the_protocol_is_refused() =>
        Assert.Equal(SqlErrorClass.Refused, SqlErrors.Classify(new PostgresException("m", "ERROR", "ERROR", "08P01", where: "COPY spans, line 1, column kind")));

    [Fact]
    public async Task An_error_at_the_start_says_what_to_do()
    {
        var good = await postgres.CreateDatabaseAsync();
        Assert.Contains("POSTGRES_DB", await DescribeAsync(new() { Host = good.Host, Port = good.Port, Password = good.Password, Database = "nowhere" }), StringComparison.Ordinal);
        Assert.Contains("POSTGRES_USER", await DescribeAsync(new() { Host = good.Host, Port = good.Port, Database = good.Database, User = "nobody", Password = "p" }), StringComparison.Ordinal);
        Assert.Contains("POSTGRES_PASSWORD", await DescribeAsync(new() { Host = good.Host, Port = good.Port, Database = good.Database }), StringComparison.Ordinal);
        Assert.Contains("POSTGRES_PORT", await DescribeAsync(new() { Host = good.Host, Port = 1 }), StringComparison.Ordinal);
        Assert.Contains("POSTGRES_HOST", await DescribeAsync(new() { Host = "nowhere.invalid", Port = 1 }), StringComparison.Ordinal);
        await using var database = new PostgresDatabase(good);
        Assert.Matches(@"^\d+", await database.PingAsync(TestContext.Current.CancellationToken));

        static async Task<string> DescribeAsync(PostgresOptions options)
        {
            await using var database = new PostgresDatabase(options);
            var e = await Assert.ThrowsAnyAsync<NpgsqlException>(() => database.PingAsync(TestContext.Current.CancellationToken));
            return SqlErrors.Describe(e);
        }
    }
}
