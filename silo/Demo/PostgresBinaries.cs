using System.Globalization;

namespace OtelOrleans.Silo.Demo;

/// <summary>The folder that holds a Postgres server's programs, and their version.</summary>
internal sealed record PostgresBinaries(string Directory, string Version)
{
    /// <summary>What to tell a person whose machine has none.</summary>
    public const string HowToInstall =
        "No PostgreSQL server programs were found: run `make dev-setup`, or install them (Debian/Ubuntu: apt-get install postgresql; macOS: brew install "
        + "postgresql), or set POSTGRES_HOST to a server that runs.";

    private static readonly string[] Needed = ["postgres", "initdb", "pg_ctl"];

    /// <summary>Looks beside <c>pg_config</c> and <c>pg_ctl</c> on the PATH, then where Debian and Homebrew put them, newest version first.</summary>
    /// <returns>Null where the machine has none.</returns>
    public static async Task<PostgresBinaries?> FindAsync(CancellationToken ct)
    {
        foreach (var folder in await CandidatesAsync(ct))
        {
            if (Needed.All(name => File.Exists(Path.Combine(folder, name))))
            {
                return new(folder, await VersionAsync(folder, ct));
            }
        }

        return null;
    }

    /// <summary>A program of this folder, by full path.</summary>
    public string this[string program] => Path.Combine(Directory, program);

    /// <summary>The number before the first dot, which a data directory belongs to.</summary>
    public string Major => Version.Split('.')[0];

    private static async Task<List<string>> CandidatesAsync(CancellationToken ct)
    {
        var folders = new List<string>();
        if (OnPath("pg_config") is { } config)
        {
            // Debian's pg_config may come with the client library alone: the folder it names need not hold a server.
            folders.Add((await ProgramRun.ToEndAsync([config, "--bindir"], "", ct)).Output);
        }

        if (OnPath("pg_ctl") is { } control)
        {
            folders.Add(Path.GetDirectoryName(new FileInfo(control).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? control)!);
        }

        folders.AddRange(Versions("/usr/lib/postgresql", "*"));
        folders.AddRange(Versions("/opt/homebrew/opt", "postgresql*"));
        folders.AddRange(Versions("/usr/local/opt", "postgresql*"));
        folders.AddRange(Versions("/home/linuxbrew/.linuxbrew/opt", "postgresql*"));
        return folders;
    }

    private static IEnumerable<string> Versions(string parent, string pattern) => !System.IO.Directory.Exists(parent)
        ? []
        : System.IO.Directory.GetDirectories(parent, pattern).OrderByDescending(NumberAtEnd).Select(folder => Path.Combine(folder, "bin"));

    private static double NumberAtEnd(string folder) =>
        double.TryParse(Path.GetFileName(folder).Split('@')[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static async Task<string> VersionAsync(string folder, CancellationToken ct)
    {
        // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
        var words = (await ProgramRun.OrFailAsync([Path.Combine(folder, "postgres"), "--version"], "", "ask Postgres for its version", ct)).Split(' ');
        return words.Length > 2 ? words[2] : words[^1];
    }

    /// <summary>Finds a program as a shell would.</summary>
    internal static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
