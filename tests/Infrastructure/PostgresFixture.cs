using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;

[assembly: Xunit.AssemblyFixture(typeof(PostgresFixture))]

namespace OtelOrleans.Tests.Infrastructure;

/// <summary>One Postgres server for all tests, private and thrown away; every test class takes a database of its own from it.</summary>
public sealed class PostgresFixture : Xunit.IAsyncLifetime
{
    private readonly PostgresServer _server = new();
    private int _databases;

    public string Host { get; } = "127.0.0.1";

    public int Port => _server.Port;

    public ValueTask InitializeAsync() => _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Options that lead to a fresh, empty database.</summary>
    public Task<PostgresOptions> CreateDatabaseAsync() => CreateDatabaseAsync(_server, $"t{Interlocked.Increment(ref _databases)}");

    /// <summary>The same on a server of the test's own, which it may stop.</summary>
    internal static async Task<PostgresOptions> CreateDatabaseAsync(PostgresServer server, string name)
    {
        var options = new PostgresOptions { Host = "127.0.0.1", Port = server.Port, User = "postgres", Database = name };
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={server.Port};Username=postgres;Database=postgres;Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return options;
    }
}

/// <summary>A Postgres server in a directory of its own, from the binaries of the machine.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly bool IsRoot = Environment.UserName == "root";
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"otelorleans-test-{Guid.NewGuid():N}");

    public int Port { get; } = FreePort();

    private string Data => Path.Combine(_directory, "data");

    public async ValueTask StartAsync()
    {
        if (!Directory.Exists(Data))
        {
            Directory.CreateDirectory(_directory);
            if (IsRoot)
                await RunAsync("chown", "postgres", _directory);
            await RunAsServerAsync("initdb", "-D", Data, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C");
        }

        await RunAsServerAsync("pg_ctl", "-D", Data, "-w", "-t", "60", "-l", Path.Combine(_directory, "log"), "-o",
            $"-p {Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=200 -c max_prepared_transactions=4", "start");
    }

    /// <summary>As a power cut would: connections break, open transactions are gone.</summary>
    public Task StopImmediatelyAsync() => RunAsServerAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            await StopImmediatelyAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static Task RunAsServerAsync(string binary, params string[] arguments)
    {
        var path = Path.Combine(Binaries(), binary);
        return IsRoot ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments]) : RunAsync(path, arguments);
    }

    // POSTGRES_BIN: a directory with the binaries of another version.
    private static string Binaries() =>
        Environment.GetEnvironmentVariable("POSTGRES_BIN") is { Length: > 0 } given ? given :
        Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : 0)
            .Select(d => Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
        ?? throw new InvalidOperationException("No Postgres server in /usr/lib/postgresql: install the package postgresql");

    // Output goes to the log file of pg_ctl: the server would inherit a pipe, and the reader would wait for it for ever.
    private static async Task RunAsync(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$0\" \"$@\" >/dev/null 2>&1");
        start.ArgumentList.Add(file);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
