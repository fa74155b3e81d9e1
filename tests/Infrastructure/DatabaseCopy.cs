using Npgsql;
using OtelOrleans.Sql;

namespace OtelOrleans.Tests.Infrastructure;

/// <summary>A copy of a database that silos have filled, to try verbs on, or to do harm to.</summary>
public sealed class DatabaseCopy(PostgresOptions options)
{
    /// <summary>A connection string, past our own code.</summary>
    public string ConnectionString => $"{PostgresFixture.ConnectionString(options)};Pooling=false";

    /// <summary>The variables that point a verb at it. There is no Kafka.</summary>
    public Dictionary<string, string> Variables => SiloProcess.Variables(options, "127.0.0.1:1");

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Runs a verb; what it says on stdout and stderr.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var (exitCode, output, errors) = await SiloProcess.RunAsync(arguments, Variables);
        return (exitCode, output + errors);
    }
}
