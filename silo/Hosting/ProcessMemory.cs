using System.Runtime;
using System.Runtime.InteropServices;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Silo.Hosting;

/// <summary>What the process as a whole does about its memory. What the silo keeps in it is bounded by <see cref="FlowOptions"/> and <see cref="KafkaStreamOptions"/>.</summary>
internal static class ProcessMemory
{
    private const int MaxArenasOption = -8;
    private const int MaxArenas = 2;

    /// <summary>
    /// Out of memory, the process ends at once. An exception would end this or that task, whose absence nobody notices, and the rest would stand still; ended, it is started anew, and what was not
    /// durable is replayed.
    /// </summary>
    public static void EndWhenOut() => AppDomain.CurrentDomain.FirstChanceException += (_, e) =>
    {
        if (e.Exception is OutOfMemoryException)
        {
            Environment.FailFast(
                $"Out of memory: {e.Exception.Message} Give the process more, or lower OtelOrleans:Flow:{nameof(FlowOptions.MaxUndurableBytesPerSilo)} and OtelOrleans:Kafka:{nameof(KafkaStreamOptions.MaxPrefetchBytesPerSilo)}.");
        }
    };

    /// <summary>
    /// The Kafka client's messages are allocated by one thread and freed by another. glibc gives each thread an arena of its own, and each would keep what it once needed. Must be called before threads
    /// allocate; other C libraries have no arenas.
    /// </summary>
    public static void LimitArenas()
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = SetMallocOption(MaxArenasOption, MaxArenas);
            }
            catch (EntryPointNotFoundException)
            {
            }
        }
    }

    /// <summary>Gives back what only starting has needed: tens of MB.</summary>
    public static void Compact()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    [DllImport("libc", EntryPoint = "mallopt"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetMallocOption(int option, int value);
}
