using System.Globalization;
using System.Security.Cryptography;

namespace OtelOrleans.Silo.Demo;

/// <summary>The folder of a private Postgres: made on its first use, and cleared of what a crash left behind.</summary>
internal sealed class PrivatePostgresFiles(string folder)
{
    private const UnixFileMode OnlyOurs = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Folder => folder;

    /// <summary>The server's data directory.</summary>
    public string Data => Path.Combine(folder, "data");

    public string LogFile => Path.Combine(folder, "postgres.log");

    /// <summary>In the form that libpq reads as a <c>passfile</c>.</summary>
    public string PasswordFile => Path.Combine(folder, "pgpass");

    public string Password { get; private set; } = "";

    /// <summary>Names the process that runs the server here, so that a second run does not take the data from under the first.</summary>
    private string UserFile => Path.Combine(folder, "used-by");

    private string ServerIdFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>Makes the data unless it is there.</summary>
    /// <returns>True when it was made.</returns>
    public async Task<bool> PrepareAsync(PostgresBinaries binaries, ServerAccount account, PrivatePostgresOptions options, CancellationToken ct)
    {
        if (ReadNumber(UserFile) is { } other && other != Environment.ProcessId && ServerProcess.IsRunning(other) && RunningServer() is not null)
        {
            throw new InvalidOperationException($"Process {other} runs a Postgres in {folder}: stop it first, or use another folder.");
        }

        await WriteNewAsync(UserFile, $"{Environment.ProcessId}\n", ct);
        if (Directory.Exists(Data))
        {
            var madeBy = (await File.ReadAllTextAsync(Path.Combine(Data, "PG_VERSION"), ct)).Trim();
            Password = (await File.ReadAllTextAsync(PasswordFile, ct)).Trim().Split(':')[^1];
            return madeBy == binaries.Major
                ? false
                : throw new InvalidOperationException($"{Data} was made by Postgres {madeBy}, and this machine has {binaries.Version}: remove it to begin anew.");
        }

        Password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await WriteNewAsync(PasswordFile, $"*:*:*:*:{Password}\n", ct);

        // Under another name first: a run that is interrupted here leaves nothing that looks finished.
        var unfinished = Data + ".new";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        await InitializeAsync(binaries, account, options, unfinished, ct);
        Directory.Move(unfinished, Data);
        return true;
    }

    /// <summary>Deals with a server or a lock file that a crash of ours left in the data directory.</summary>
    /// <param name="pgCtl">Makes a <c>pg_ctl</c> command for this data directory.</param>
    public async Task ClearAwayEarlierServerAsync(Func<IEnumerable<string>, IReadOnlyList<string>> pgCtl, CancellationToken ct)
    {
        if (RunningServer() is not null)
        {
            await ProgramRun.OrFailAsync(pgCtl(["stop", "-w", "-t", "60", "-m", "fast"]), "", "stop the Postgres of an earlier run", ct);
        }
        else if (ServerId() is { } id && (id <= 0 || IsTaken(id)))
        {
            // Postgres removes a stale lock file by itself, but not when its number meanwhile belongs to another process, or to a zombie.
            File.Delete(ServerIdFile);
        }
    }

    /// <summary>The process id in the server's lock file, whether it runs or not.</summary>
    public int? ServerId() => ReadNumber(ServerIdFile);

    /// <summary>The end of the server's log, as one line.</summary>
    public string LastWords() => File.Exists(LogFile) ? string.Join(" / ", File.ReadLines(LogFile).TakeLast(4)) : "it wrote no log";

    private async Task InitializeAsync(
        PostgresBinaries binaries, ServerAccount account, PrivatePostgresOptions options, string directory, CancellationToken ct)
    {
        var secret = Path.Combine(folder, "password");
        await WriteNewAsync(secret, Password, ct);
        await account.GiveAsync(secret, ct);
        try
        {
            IEnumerable<string> command =
            [
                binaries["initdb"], "-D", directory, "--username", options.User, "--pwfile", secret, "--auth", "scram-sha-256",
                "--encoding", "UTF8", "--locale", "C", "--no-instructions", .. options.Disposable ? ["--no-sync"] : Array.Empty<string>(),
            ];
            await ProgramRun.OrFailAsync(account.Command(command), "", "make a Postgres data directory", ct);
        }
        finally
        {
            File.Delete(secret);
        }

        // Single-user mode needs no client program, which a server package may lack.
        var said = await ProgramRun.OrFailAsync(
            account.Command(binaries["postgres"], "--single", "-D", directory, "postgres"),
            $"CREATE DATABASE {options.Database}\n",
            "make the database",
            ct);
        if (said.Contains("ERROR", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"Could not make the database {options.Database}: {said}");
        }
    }

    /// <summary>The server that runs in this data directory, if one does.</summary>
    private int? RunningServer() => ServerId() is { } id && ServerProcess.IsRunning(id) && !IsTaken(id) ? id : null;

    /// <summary>Tells that the lock file's process is not our server: another program has its number now, or it is dead and only not yet fetched.</summary>
    private bool IsTaken(int id)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists($"/proc/{id}"))
        {
            return false;
        }

        // A server stands in its data directory; a zombie stands nowhere.
        return new FileInfo($"/proc/{id}/cwd").LinkTarget != Data;
    }

    private static int? ReadNumber(string file) =>
        File.Exists(file) && int.TryParse(File.ReadLines(file).FirstOrDefault(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>Always a new file, that only we can read: the folder belongs to the server's account, which must not choose where root writes to.</summary>
    private static async Task WriteNewAsync(string file, string text, CancellationToken ct)
    {
        File.Delete(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OnlyOurs;
        }

        await using var stream = new FileStream(file, options);
        await using var writer = new StreamWriter(stream);
        await writer.WriteAsync(text.AsMemory(), ct);
    }
}
