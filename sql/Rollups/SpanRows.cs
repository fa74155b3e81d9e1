using System.Buffers.Binary;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Sql.Rollups;

/// <summary>
/// Walks over encoded rows of <c>spans</c> and reads the few columns that rollups need; of the others the length alone. The rows were counted before, so they are whole. A value that
/// is NULL or of another width reads as 0: Postgres will refuse its row, and the flush comes again without it.
/// </summary>
internal ref struct SpanRows(ReadOnlySpan<byte> rows)
{
    private static readonly int StartTimeAt = At("start_time"), DurationAt = At("duration_ns"), KindAt = At("kind"), StatusCodeAt = At("status_code"), ServiceNameAt = At("service_name"), NameAt = At("name");

    private ReadOnlySpan<byte> _rest = rows;

    /// <summary>Microseconds since 2000.</summary>
    public long StartTime { get; private set; }

    /// <summary>Nanoseconds; may be negative.</summary>
    public long Duration { get; private set; }

    public short Kind { get; private set; }

    public short StatusCode { get; private set; }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> ServiceName { get; private set; }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        var columns = BinaryPrimitives.ReadInt16BigEndian(_rest);
        var rest = _rest[sizeof(short)..];
        // In the order of the layout.
        var column = Skip(ref rest, 0, StartTimeAt);
        StartTime = Int64(Read(ref rest, ref column));
        column = Skip(ref rest, column, DurationAt);
        Duration = Int64(Read(ref rest, ref column));
        column = Skip(ref rest, column, KindAt);
        Kind = Int16(Read(ref rest, ref column));
        column = Skip(ref rest, column, StatusCodeAt);
        StatusCode = Int16(Read(ref rest, ref column));
        column = Skip(ref rest, column, ServiceNameAt);
        ServiceName = Read(ref rest, ref column);
        column = Skip(ref rest, column, NameAt);
        Name = Read(ref rest, ref column);
        Skip(ref rest, column, columns);
        _rest = rest;
        return true;
    }

    private static int Skip(scoped ref ReadOnlySpan<byte> rest, int column, int to)
    {
        for (; column < to; column++)
            rest = rest[(sizeof(int) + Math.Max(BinaryPrimitives.ReadInt32BigEndian(rest), 0))..];
        return column;
    }

    private static ReadOnlySpan<byte> Read(scoped ref ReadOnlySpan<byte> rest, scoped ref int column)
    {
        var length = Math.Max(BinaryPrimitives.ReadInt32BigEndian(rest), 0);
        var value = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        column++;
        return value;
    }

    private static long Int64(ReadOnlySpan<byte> value) => value.Length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(value) : 0;

    private static short Int16(ReadOnlySpan<byte> value) => value.Length == sizeof(short) ? BinaryPrimitives.ReadInt16BigEndian(value) : (short)0;

    private static int At(string column) => CopyLayouts.Spans.Columns.Select(c => c.Name).ToList().IndexOf(column);
}
