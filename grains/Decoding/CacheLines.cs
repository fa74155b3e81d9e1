using System.Runtime.CompilerServices;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Brings memory that will be walked in leaps, from one length to the next, into the processor's cache. What is read evenly the processor fetches ahead of time; of a leap it knows nothing
/// until it has the length, so each one waits for memory: a tenth of all decoding.
/// </summary>
internal static class CacheLines
{
    // Of all processors of today.
    private const int LineBytes = 64;

    // A part of the second-level cache (1 MiB): of more the beginning would be gone again before it is used.
    private const int MaxBytes = 256 * 1024;

    /// <summary>Reads a byte of each line. What it returns means nothing, but has to be computed: so they are really read.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte Fetch(ReadOnlySpan<byte> memory)
    {
        if (memory.Length > MaxBytes)
        {
            memory = memory[..MaxBytes];
        }

        byte any = 0;
        for (var at = 0; at < memory.Length; at += LineBytes)
        {
            any |= memory[at];
        }

        return any;
    }
}
