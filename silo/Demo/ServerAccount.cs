using System.Security.Cryptography;
using System.Text;

namespace OtelOrleans.Silo.Demo;

/// <summary>
/// The account that the private Postgres runs as. Postgres refuses to run as root, so where we are root another one is taken; otherwise it is our own.
/// </summary>
internal sealed class ServerAccount
{
    private readonly string? _name;
    private readonly string[] _prefix;

    private ServerAccount(string? name, string[] prefix) => (_name, _prefix) = (name, prefix);

    /// <summary>Chooses: ourselves, or for root Debian's <c>postgres</c>, else <c>nobody</c>.</summary>
    public static ServerAccount Choose()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new(null, []);
        }

        var accounts = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Where(fields => fields.Length > 3).ToList();
        var account = accounts.Find(fields => fields[0] == "postgres")
            ?? accounts.Find(fields => fields[0] == "nobody")
            ?? throw new InvalidOperationException("Postgres does not run as root, and this machine has neither an account `postgres` nor `nobody`: run as another user.");

        // setpriv becomes the program it starts; runuser stays beside it as a parent, which is one process more to end.
        return PostgresBinaries.OnPath("setpriv") is { } setpriv
            ? new(account[0], [setpriv, "--reuid", account[2], "--regid", account[3], "--clear-groups", "--"])
            : new(account[0], [PostgresBinaries.OnPath("runuser") ?? "/usr/sbin/runuser", "-u", account[0], "--"]);
    }

    /// <summary>A command, turned into the same command run by this account.</summary>
    public IReadOnlyList<string> Command(params IEnumerable<string> command) => [.. _prefix, .. command];

    /// <summary>Makes a folder that this account owns. Where it cannot reach that folder, one under <c>/var/tmp</c> is made instead and <paramref name="log"/> told.</summary>
    /// <returns>The folder's full path.</returns>
    public async Task<string> OwnFolderAsync(string wanted, TextWriter log, CancellationToken ct)
    {
        var folder = Path.GetFullPath(wanted);
        Directory.CreateDirectory(folder);
        if (await TryOwnAsync(folder, ct))
        {
            return folder;
        }

        // Typically a clone under /root (mode 700). The name follows from the path, so that the next run finds the same data again.
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(folder));
        var instead = $"/var/tmp/otelorleans-{Convert.ToHexStringLower(digest.AsSpan(0, 8))}";
        if (!Directory.Exists(instead) && !OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(instead, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await GiveAsync(instead, ct);
        }

        // Anybody may make a folder there before us: one that is not the account's own is not used.
        if (new DirectoryInfo(instead).LinkTarget is not null || !await IsOwnAsync(instead, ct))
        {
            throw new InvalidOperationException($"{instead} belongs to somebody else, and user {_name} cannot reach {folder}: move the clone, or set POSTGRES_HOST.");
        }

        await log.WriteLineAsync($"User {_name}, who runs Postgres here, cannot reach {folder}: its data goes to {instead}");
        return instead;
    }

    /// <summary>Hands a file or folder to this account.</summary>
    public Task GiveAsync(string path, CancellationToken ct) =>
        _name is null ? Task.CompletedTask : ProgramRun.OrFailAsync(["chown", _name, path], "", $"hand {path} to user {_name}", ct);

    private async Task<bool> TryOwnAsync(string folder, CancellationToken ct)
    {
        if (_name is null)
        {
            return true;
        }

        // chown may be refused (a network or a mounted file system): that counts as "not reachable".
        return (await ProgramRun.ToEndAsync(["chown", _name, folder], "", ct)).ExitCode == 0 && await IsOwnAsync(folder, ct);
    }

    private async Task<bool> IsOwnAsync(string folder, CancellationToken ct) =>
        (await ProgramRun.ToEndAsync(Command("test", "-O", folder, "-a", "-w", folder), "", ct)).ExitCode == 0;
}
