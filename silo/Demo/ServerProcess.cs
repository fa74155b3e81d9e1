using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OtelOrleans.Silo.Demo;

/// <summary>A server that runs beside us, told by its process id: signals to it and to its children.</summary>
internal sealed class ServerProcess(int id)
{
    private const int SigKill = 9;
    private static readonly int SigStop = OperatingSystem.IsLinux() ? 19 : 17;
    private static readonly int SigContinue = OperatingSystem.IsLinux() ? 18 : 19;

    public int Id => id;

    /// <summary>Ends the process at once, as a crash would; its children are given a moment to notice, then ended too.</summary>
    public async Task KillAsync(CancellationToken ct)
    {
        var family = Family();
        Signal(id, SigKill);

        // Children that were frozen never notice.
        foreach (var child in family.Skip(1))
        {
            Signal(child, SigContinue);
        }

        for (var tries = 0; family.Any(IsRunning); tries++)
        {
            if (tries == 100)
            {
                family.ForEach(member => Signal(member, SigKill));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
        }
    }

    /// <summary>Freezes the process, then its children: connections stay open and nothing answers.</summary>
    public void Pause()
    {
        // The parent first: it makes no new children once it stands.
        Signal(id, SigStop);
        Family().ForEach(member => Signal(member, SigStop));
    }

    /// <summary>Ends <see cref="Pause"/>.</summary>
    public void Resume() => Family().ForEach(member => Signal(member, SigContinue));

    /// <summary>Tells whether a process runs. One that is dead but not yet fetched by its parent (a zombie) does not.</summary>
    public static bool IsRunning(int id)
    {
        if (OperatingSystem.IsLinux())
        {
            return Stat(id) is [not ("Z" or "X"), ..];
        }

        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The process itself and its children.</summary>
    private List<int> Family()
    {
        if (!OperatingSystem.IsLinux())
        {
            using var list = Process.Start(new ProcessStartInfo("pgrep", ["-P", $"{id}"]) { RedirectStandardOutput = true })!;
            return [id, .. list.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        }

        var family = new List<int> { id };
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var other) && Stat(other) is [_, var parent, ..]
                && parent == $"{id}")
            {
                family.Add(other);
            }
        }

        return family;
    }

    /// <summary>The state and the parent of a process, from <c>/proc</c>; null when there is no such process.</summary>
    private static string[]? Stat(int id)
    {
        try
        {
            // "4711 (name, which may hold blanks and brackets) S 1 …"
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ', 3);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void Signal(int process, int signal)
    {
        // ESRCH means that it has just ended, which is no trouble to anybody here.
        _ = kill(process, signal);
    }

#pragma warning disable IDE1006 // The name is the C library's.
    [DllImport("libc")]
    private static extern int kill(int pid, int signal);
#pragma warning restore IDE1006
}
