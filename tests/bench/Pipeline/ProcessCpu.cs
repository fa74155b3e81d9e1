using System.Globalization;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>CPU time and memory of other processes, from <c>/proc</c>.</summary>
internal static class ProcessCpu
{
    // Clock ticks of /proc: 100 a second on every Linux.
    private const double TicksPerSecond = 100;

    /// <summary>User and system time of a process, in seconds; 0 if it is gone.</summary>
    public static double SecondsOf(int process) => Stat(process) is { } stat ? (Ticks(stat, 11) + Ticks(stat, 12)) / TicksPerSecond : 0;

    /// <summary>The same of a server with all children that it has or had, as Postgres' postmaster; without one of them, the connection that watches.</summary>
    public static double SecondsOfFamily(int parent, int without)
    {
        if (Stat(parent) is not { } stat)
        {
            return 0;
        }

        var seconds = (Ticks(stat, 11) + Ticks(stat, 12) + Ticks(stat, 13) + Ticks(stat, 14)) / TicksPerSecond;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var process) && process != without
                && Stat(process) is { } child && child[1] == parent.ToString(CultureInfo.InvariantCulture))
            {
                seconds += (Ticks(child, 11) + Ticks(child, 12)) / TicksPerSecond;
            }
        }

        return seconds;
    }

    /// <summary>CPU seconds of a process' threads by name, digits at the end cut off: <c>rdk:broker</c>, <c>kafka-consumer-</c> …</summary>
    public static Dictionary<string, double> SecondsByThread(int process)
    {
        var threads = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                var text = File.ReadAllText($"{folder}/stat");
                var name = text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..text.LastIndexOf(')')].TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-').Replace(' ', '_');
                // Nanoseconds on the CPU, where the kernel counts them: most threads do less than a tick.
                var seconds = double.Parse(File.ReadAllText($"{folder}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1e9;
                threads[name] = threads.GetValueOrDefault(name) + seconds;
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }

        return threads;
    }

    /// <summary>Resident memory in bytes; 0 if the process is gone.</summary>
    public static long ResidentBytesOf(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The fields behind the program's name in parentheses: state, parent, …; user and system time are the 12th and 13th, those of ended children the next two.</summary>
    private static string[]? Stat(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Ticks(string[] stat, int field) => double.Parse(stat[field], CultureInfo.InvariantCulture);
}
