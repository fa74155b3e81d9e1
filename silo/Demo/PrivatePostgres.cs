using System.Net;
using System.Net.Sockets;

namespace OtelOrleans.Silo.Demo;

/// <summary>
/// A Postgres server of our own on loopback, from programs found on the machine: for trying out, and for tests that stop, kill and freeze it.
/// </summary>
/// <remarks>
/// <c>pg_ctl</c> puts the server into a session of its own, so a Ctrl-C at the terminal reaches us and not the server: what is buffered can still be stored.
/// The superuser has a random password rather than <c>trust</c>: on a shared machine loopback is open to every user, and a superuser may run programs.
/// </remarks>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly PostgresBinaries _binaries;
    private readonly ServerAccount _account;
    private readonly PrivatePostgresOptions _options;
    private readonly PrivatePostgresFiles _files;
    private readonly bool _temporary;
    private ServerProcess? _server;

    private PrivatePostgres(PostgresBinaries binaries, ServerAccount account, PrivatePostgresOptions options, PrivatePostgresFiles files, bool temporary)
    {
        (_binaries, _account, _options, _files, _temporary) = (binaries, account, options, files, temporary);
        Port = options.Port;
    }

    /// <summary>Always 127.0.0.1.</summary>
    public static string Host => "127.0.0.1";

    /// <summary>The port; it stays the same through restarts.</summary>
    public int Port { get; private set; }

    /// <summary>The superuser.</summary>
    public string User => _options.User;

    /// <summary>The superuser's password, made with the data and kept beside it.</summary>
    public string Password => _files.Password;

    /// <summary>The database that was made with the data.</summary>
    public string Database => _options.Database;

    /// <summary>Where it all lies: <c>data/</c>, <c>postgres.log</c>, <c>pgpass</c>.</summary>
    public string Folder => _files.Folder;

    /// <summary>The server's version, such as 15.18.</summary>
    public string Version => _binaries.Version;

    /// <summary>Tells that this start made the data: nothing of an earlier run is in it.</summary>
    public bool IsNew { get; private set; }

    /// <summary>The process id of the postmaster; 0 when it does not run.</summary>
    public int ProcessId => _server?.Id ?? 0;

    /// <summary>A connection string for Npgsql. It holds the password.</summary>
    public string ConnectionString => $"Host={Host};Port={Port};Username={User};Password={Password};Database={Database}";

    /// <summary>A command to paste into a shell. The password stays in its file, out of the screen and the shell's history.</summary>
    public string PsqlCommand
    {
        get
        {
            var psql = PostgresBinaries.OnPath("psql") is null ? _binaries["psql"] : "psql";
            return $"{psql} \"host={Host} port={Port} user={User} dbname={Database} passfile={_files.PasswordFile}\"";
        }
    }

    /// <summary>Starts a server whose data is kept in <paramref name="directory"/>; the first start there makes it.</summary>
    /// <exception cref="InvalidOperationException">In one line: no server programs, another run uses the folder, or what Postgres said.</exception>
    public static async Task<PrivatePostgres> StartAsync(string directory, PrivatePostgresOptions options, TextWriter log, CancellationToken ct)
    {
        var binaries = await PostgresBinaries.FindAsync(ct) ?? throw new InvalidOperationException(PostgresBinaries.HowToInstall);
        return await StartAsync(binaries, directory, options, temporary: false, log, ct);
    }

    /// <summary>Starts a server with new data in a temporary folder, which goes away with <see cref="DisposeAsync"/>.</summary>
    public static async Task<PrivatePostgres> CreateTemporaryAsync(PrivatePostgresOptions? options, CancellationToken ct)
    {
        var binaries = await PostgresBinaries.FindAsync(ct) ?? throw new InvalidOperationException(PostgresBinaries.HowToInstall);
        var folder = Directory.CreateTempSubdirectory("otelorleans-postgres-").FullName;
        return await StartAsync(binaries, folder, (options ?? new()) with { Disposable = true }, temporary: true, TextWriter.Null, ct);
    }

    /// <summary>Starts the server again after <see cref="StopAsync"/> or <see cref="KillAsync"/>, on the same port.</summary>
    public async Task StartAgainAsync(CancellationToken ct)
    {
        await _files.ClearAwayEarlierServerAsync(PgCtl, ct);
        for (var tries = 1; ; tries++)
        {
            var port = Port != 0 ? Port : FreePort();
            var run = await ProgramRun.ToEndAsync(
                PgCtl("start", "-w", "-t", $"{StartPatience.TotalSeconds}", "-l", _files.LogFile, "-o", _options.CommandLine(port)), "", ct);
            if (run.ExitCode == 0)
            {
                Port = port;
                _server = new(_files.ServerId() ?? throw new InvalidOperationException($"Postgres started and was gone at once: see {_files.LogFile}"));
                return;
            }

            // Two things pass by themselves: somebody took the free port first, or the children of a killed server have not noticed yet.
            var words = _files.LastWords();
            var passes = words.Contains("shared memory block", StringComparison.Ordinal)
                || (Port == 0 && words.Contains("could not bind", StringComparison.Ordinal));
            if (!passes || tries == 20)
            {
                throw new InvalidOperationException($"Postgres did not start: {words} (more in {_files.LogFile})");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250), ct);
        }
    }

    /// <summary>Stops the server in good order; does nothing when it does not run.</summary>
    public async Task StopAsync(PostgresShutdown mode = PostgresShutdown.Fast, CancellationToken ct = default)
    {
        if (_server is null)
        {
            return;
        }

        _server.Resume();
        if (ServerProcess.IsRunning(_server.Id))
        {
            await ProgramRun.OrFailAsync(PgCtl("stop", "-w", "-t", "60", "-m", Word(mode)), "", "stop Postgres", ct);
        }

        _server = null;
    }

    /// <summary>Stops and starts the server: clients lose their connections, the port and the data stay.</summary>
    public async Task RestartAsync(PostgresShutdown mode, CancellationToken ct)
    {
        await StopAsync(mode, ct);
        await StartAgainAsync(ct);
    }

    /// <summary>Ends the postmaster with SIGKILL, as the kernel does when memory is short; <see cref="StartAgainAsync"/> recovers.</summary>
    public async Task KillAsync(CancellationToken ct = default)
    {
        if (_server is not null)
        {
            await _server.KillAsync(ct);
            _server = null;
        }
    }

    /// <summary>Freezes the server and its children: connections stay open and nothing answers.</summary>
    public void Pause() => _server?.Pause();

    /// <summary>Ends <see cref="Pause"/>.</summary>
    public void Resume() => _server?.Resume();

    /// <summary>Stops the server, and removes a temporary one's folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(_temporary ? PostgresShutdown.Immediate : PostgresShutdown.Fast);
        if (_temporary)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static async Task<PrivatePostgres> StartAsync(
        PostgresBinaries binaries, string directory, PrivatePostgresOptions options, bool temporary, TextWriter log, CancellationToken ct)
    {
        var account = ServerAccount.Choose();
        var files = new PrivatePostgresFiles(await account.OwnFolderAsync(directory, log, ct));
        var postgres = new PrivatePostgres(binaries, account, options, files, temporary);
        postgres.IsNew = await files.PrepareAsync(binaries, account, options, ct);
        await postgres.StartAgainAsync(ct);
        return postgres;
    }

    private IReadOnlyList<string> PgCtl(params IEnumerable<string> arguments) =>
        _account.Command([_binaries["pg_ctl"], "-D", _files.Data, .. arguments]);

    private static string Word(PostgresShutdown mode) => mode switch
    {
        PostgresShutdown.Smart => "smart",
        PostgresShutdown.Fast => "fast",
        _ => "immediate",
    };

    /// <summary>A port that nobody has at this moment.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
