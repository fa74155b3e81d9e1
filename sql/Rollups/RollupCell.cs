using System.Buffers.Binary;
using System.Numerics;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Sql.Rollups;

/// <summary>What a row is counted under.</summary>
/// <param name="Minute">Microseconds since 2000.</param>
/// <param name="Kind">Span kind.</param>
/// <param name="Service">UTF-8.</param>
/// <param name="Name">UTF-8, cut.</param>
internal readonly record struct RollupKey(long Minute, short Kind, byte[] Service, byte[] Name);

/// <summary>The same over the bytes of a row that is being read.</summary>
internal readonly ref struct RollupSpanKey(long minute, short kind, ReadOnlySpan<byte> service, ReadOnlySpan<byte> name)
{
    public long Minute { get; } = minute;

    public short Kind { get; } = kind;

    public ReadOnlySpan<byte> Service { get; } = service;

    public ReadOnlySpan<byte> Name { get; } = name;
}

/// <summary>Finds cells by the bytes of a row, without a copy.</summary>
internal sealed class RollupKeyComparer : IEqualityComparer<RollupKey>, IAlternateEqualityComparer<RollupSpanKey, RollupKey>
{
    public static RollupKeyComparer Instance { get; } = new();

    public bool Equals(RollupKey x, RollupKey y) => Equals(Of(x), y);

    public int GetHashCode(RollupKey obj) => GetHashCode(Of(obj));

    public bool Equals(RollupSpanKey alternate, RollupKey other) =>
        alternate.Minute == other.Minute && alternate.Kind == other.Kind && alternate.Name.SequenceEqual(other.Name) && alternate.Service.SequenceEqual(other.Service);

    public RollupKey Create(RollupSpanKey alternate) => new(alternate.Minute, alternate.Kind, alternate.Service.ToArray(), alternate.Name.ToArray());

    // Ends and lengths tell most names apart, equality tells the rest. Names that nobody could foresee do not make it into the dictionary: their number is bounded before.
    public int GetHashCode(RollupSpanKey alternate)
    {
        var hash = Mix((ulong)alternate.Minute, (ulong)(ushort)alternate.Kind);
        hash = Mix(hash, Ends(alternate.Name));
        hash = Mix(hash, Ends(alternate.Service));
        return (int)(hash >> 32);
    }

    private static ulong Mix(ulong hash, ulong value) => (BitOperations.RotateLeft(hash, 29) ^ value) * 0x9E37_79B9_7F4A_7C15;

    private static ulong Ends(ReadOnlySpan<byte> text)
    {
        if (text.Length >= sizeof(ulong))
            return Mix(BinaryPrimitives.ReadUInt64LittleEndian(text), BinaryPrimitives.ReadUInt64LittleEndian(text[^sizeof(ulong)..])) + (ulong)text.Length;
        ulong all = 1;
        foreach (var each in text)
            all = all << 8 | each;
        return all;
    }

    private static RollupSpanKey Of(RollupKey key) => new(key.Minute, key.Kind, key.Service, key.Name);
}

/// <summary>Calls, errors and durations of one key.</summary>
internal sealed class RollupCell
{
    private short[] _buckets = new short[8];
    private long[] _counts = new long[8];
    private int _used;
    private long _calls;
    private long _errors;
    private double _sum;
    private long _min = long.MaxValue;
    private long _max;

    public void Add(long duration, bool isError)
    {
        duration = Math.Max(duration, 0);
        _calls++;
        _errors += isError ? 1 : 0;
        _sum += duration;
        _min = Math.Min(_min, duration);
        _max = Math.Max(_max, duration);

        var bucket = DurationBuckets.Of(duration);
        var at = _buckets.AsSpan(0, _used).IndexOf(bucket);
        if (at < 0)
        {
            at = _used++;
            if (at == _buckets.Length)
            {
                Array.Resize(ref _buckets, at * 2);
                Array.Resize(ref _counts, at * 2);
            }

            _buckets[at] = bucket;
        }

        _counts[at]++;
    }

    /// <summary>Writes a row of <see cref="CopyLayouts.RollupDeltas"/>.</summary>
    public void Write(CopyRowBuffer rows, in RollupKey key)
    {
        Array.Sort(_buckets, _counts, 0, _used);
        rows.BeginRow(CopyLayouts.RollupDeltas);
        rows.WriteInt64(key.Minute);
        rows.WriteInt64(_calls);
        rows.WriteInt64(_errors);
        rows.WriteDouble(_sum);
        rows.WriteInt64(_min);
        rows.WriteInt64(_max);
        rows.WriteInt16(key.Kind);
        rows.WriteCleanText(key.Service);
        rows.WriteCleanText(key.Name);
        rows.WriteInt16Array(_buckets.AsSpan(0, _used));
        rows.BeginInt64Array(_used);
        foreach (var count in _counts.AsSpan(0, _used))
            rows.WriteInt64(count);
    }
}
