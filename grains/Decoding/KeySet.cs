using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using OtelOrleans.Proto;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Finds keys that occur again in one list of attributes. A bit per key says whether one like it has been there; only then are the keys before it compared, which with
/// 512 bits happens once in some ten lists of usual length.
/// </summary>
internal ref struct KeySet
{
    /// <summary>Longer lists are looked through at their end, by <see cref="AnyRepeats"/>: comparing each key with all before it would be quadratic.</summary>
    public const int MaxKeys = 32;

    // Comparing reads every key before once more; of attributes that are thousands of bytes, or have as much between them, that would be up to 32 times all of it.
    private const int MaxComparedBytes = 64 * 1024;

    private const int Bits = 512;
    private Words _words;

    /// <summary>How many of the first keys among some fields are to be compared; <see cref="AnyRepeats"/> is for lists with more.</summary>
    public static int MaxComparedIn(ReadOnlySpan<byte> fields) => fields.Length <= MaxComparedBytes ? MaxKeys : 0;

    /// <summary>Takes a key. False if there was none like it; true: look.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayContain(ReadOnlySpan<byte> key)
    {
        // Keys that begin alike, as those of a namespace do, end differently.
        ulong end;
        if (key.Length >= sizeof(ulong))
        {
            end = BinaryPrimitives.ReadUInt64LittleEndian(key[^sizeof(ulong)..]);
        }
        else
        {
            end = 0;
            foreach (var b in key)
            {
                end = end << 8 | b;
            }
        }

        // Fibonacci hashing: the upper bits of the product are the well mixed ones.
        var hash = (int)((end + (ulong)key.Length) * 0x9E3779B97F4A7C15 >> 55) & (Bits - 1);
        ref var word = ref _words[hash >> 6];
        var bit = 1UL << hash;
        var seen = (word & bit) != 0;
        word |= bit;
        return seen;
    }

    /// <summary>Whether a key occurs in the attributes among some fields.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool Occurs(ReadOnlySpan<byte> key, ReadOnlySpan<byte> fields, uint tag)
    {
        var reader = new WireReader(fields);
        while (!reader.AtEnd)
        {
            var next = reader.ReadTag();
            if (next != tag)
            {
                reader.Skip(next);
            }
            else if (KeyValueView.Read(reader.ReadBytes()).Key.SequenceEqual(key))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether any of the first <paramref name="count"/> keys of a long list occurs twice. Two keys with the same hash of 64 bits are held for one, which costs no more than a kept original.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool AnyRepeats(ReadOnlySpan<byte> fields, uint tag, int count)
    {
        var hashes = ArrayPool<ulong>.Shared.Rent(count);
        var length = 0;
        var reader = new WireReader(fields);
        while (length < count)
        {
            var next = reader.ReadTag();
            if (next == tag)
            {
                hashes[length++] = XxHash3.HashToUInt64(KeyValueView.Read(reader.ReadBytes()).Key);
            }
            else
            {
                reader.Skip(next);
            }
        }

        var sorted = hashes.AsSpan(0, length);
        sorted.Sort();
        var repeats = false;
        for (var i = 1; i < sorted.Length; i++)
        {
            repeats |= sorted[i] == sorted[i - 1];
        }

        ArrayPool<ulong>.Shared.Return(hashes);
        return repeats;
    }

    [InlineArray(Bits / 64)]
    private struct Words
    {
        private ulong _first;
    }
}
