using Npgsql;
using OtelOrleans.Silo.Demo;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Demo;
using OtelOrleans.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace OtelOrleans.Tests.Infrastructure;

/// <summary>One Postgres server for all tests, private and thrown away; every test takes a database of its own from it. Started by the first that asks.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly SemaphoreSlim _starting = new(1);
    private PrivatePostgres? _server;
    private int _databases;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            await server.DisposeAsync();
        }

        _starting.Dispose();
    }

    /// <summary>Options that lead to a fresh, empty database. Skips the test where the machine has no Postgres, unless one is promised.</summary>
    public async Task<PostgresOptions> CreateDatabaseAsync()
    {
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            _server ??= await Services.PostgresAsync();
        }
        finally
        {
            _starting.Release();
        }

        return await CreateDatabaseAsync(_server, $"t{Interlocked.Increment(ref _databases)}");
    }

    /// <summary>Options that lead to a copy of a database that nobody is connected to: the same files, so that even transaction ids are the same.</summary>
    public async Task<PostgresOptions> CopyDatabaseAsync(PostgresOptions source) =>
        await CreateDatabaseAsync(_server!, $"t{Interlocked.Increment(ref _databases)}", $"template {source.Database}");

    /// <summary>The same on a server of the test's own, which it may stop.</summary>
    internal static async Task<PostgresOptions> CreateDatabaseAsync(PrivatePostgres server, string name, string how = "")
    {
        var options = new PostgresOptions { Host = PrivatePostgres.Host, Port = server.Port, User = server.User, Password = server.Password, Database = name };
        await using var connection = new NpgsqlConnection($"{server.ConnectionString};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name} {how}", connection);
        await command.ExecuteNonQueryAsync();
        return options;
    }

    /// <summary>A connection string of the test's own, past our own code.</summary>
    internal static string ConnectionString(PostgresOptions options) =>
        $"Host={options.Host};Port={options.Port};Username={options.User};Password={options.Password};Database={options.Database};Timeout=10";
}
