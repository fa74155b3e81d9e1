using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Reads encoded rows back, as Postgres would: checks every length and leaves no byte over.</summary>
internal static class RowReader
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    public static List<Row> Of(RowBatch batch, CopyLayout layout) =>
        batch.Tables.SingleOrDefault(t => t.Layout == layout.Id) is { } table ? Parse(layout, table.Bytes.Span) : [];

    public static List<Row> DimensionsOf(RowBatch batch, CopyLayout layout) =>
        batch.Dimensions.SingleOrDefault(t => t.Layout == layout.Id) is { } table ? Parse(layout, table.Bytes) : [];

    public static List<Row> Parse(CopyLayout layout, ReadOnlySpan<byte> bytes)
    {
        List<Row> rows = [];
        while (!bytes.IsEmpty)
        {
            Assert.Equal(layout.ColumnCount, BinaryPrimitives.ReadInt16BigEndian(bytes));
            bytes = bytes[2..];
            Dictionary<string, object?> values = [];
            foreach (var column in layout.Columns)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
                bytes = bytes[4..];
                values[column.Name] = length < 0 ? null : Value(column.Type, bytes[..length]);
                bytes = bytes[Math.Max(length, 0)..];
            }

            rows.Add(new(values));
        }

        return rows;
    }

    private static object Value(string type, ReadOnlySpan<byte> bytes)
    {
        switch (type)
        {
            case "smallint":
                Assert.Equal(2, bytes.Length);
                return BinaryPrimitives.ReadInt16BigEndian(bytes);
            case "integer":
                Assert.Equal(4, bytes.Length);
                return BinaryPrimitives.ReadInt32BigEndian(bytes);
            case "bigint" or "timestamp with time zone":
                Assert.Equal(8, bytes.Length);
                return BinaryPrimitives.ReadInt64BigEndian(bytes);
            case "double precision":
                Assert.Equal(8, bytes.Length);
                return BinaryPrimitives.ReadDoubleBigEndian(bytes);
            case "boolean":
                Assert.Equal(1, bytes.Length);
                return bytes[0] != 0;
            case "text":
                var text = s_strict.GetString(bytes);
                Assert.DoesNotContain('\0', text);
                return text;
            case "bytea":
                return bytes.ToArray();
            case "jsonb":
                Assert.Equal(1, bytes[0]);
                var json = s_strict.GetString(bytes[1..]);
                Assert.DoesNotContain("\\u0000", json.Replace("\\\\", "", StringComparison.Ordinal), StringComparison.Ordinal);
                return JsonDocument.Parse(json, new() { MaxDepth = 200 }).RootElement;
            case "numeric(20,0)":
                return Numeric(bytes);
            case "bigint[]":
                return Array(bytes, 20, static b => BinaryPrimitives.ReadInt64BigEndian(b));
            case "double precision[]":
                return Array(bytes, 701, static b => BinaryPrimitives.ReadDoubleBigEndian(b));
            default:
                throw new InvalidOperationException(type);
        }
    }

    private static ulong Numeric(ReadOnlySpan<byte> bytes)
    {
        int groups = BinaryPrimitives.ReadInt16BigEndian(bytes), weight = BinaryPrimitives.ReadInt16BigEndian(bytes[2..]);
        Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(bytes[4..]));
        Assert.Equal(8 + groups * 2, bytes.Length);
        UInt128 value = 0;
        for (var i = 0; i <= weight; i++)
        {
            value = value * 10_000 + (i < groups ? BinaryPrimitives.ReadUInt16BigEndian(bytes[(8 + i * 2)..]) : (ushort)0);
        }

        return (ulong)value;
    }

    private static T[] Array<T>(ReadOnlySpan<byte> bytes, int oid, Func<byte[], T> read)
    {
        var dimensions = BinaryPrimitives.ReadInt32BigEndian(bytes);
        Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(bytes[4..]));
        Assert.Equal(oid, BinaryPrimitives.ReadInt32BigEndian(bytes[8..]));
        if (dimensions == 0)
        {
            Assert.Equal(12, bytes.Length);
            return [];
        }

        Assert.Equal(1, dimensions);
        var count = BinaryPrimitives.ReadInt32BigEndian(bytes[12..]);
        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(bytes[16..]));
        Assert.Equal(20 + count * 12, bytes.Length);
        var values = new T[count];
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(8, BinaryPrimitives.ReadInt32BigEndian(bytes[(20 + i * 12)..]));
            values[i] = read(bytes.Slice(24 + i * 12, 8).ToArray());
        }

        return values;
    }

    /// <summary>A row by column names.</summary>
    internal sealed class Row(Dictionary<string, object?> values)
    {
        public object? this[string column] => values[column];

        public long Id => (long)values.Values.First()!;

        public string? Text(string column) => (string?)values[column];

        public byte[]? Bytes(string column) => (byte[]?)values[column];

        public JsonElement Json(string column) => (JsonElement)values[column]!;

        public JsonElement? OptionalJson(string column) => (JsonElement?)values[column];

        /// <summary>Unix nanoseconds, put together from a timestamp and its nanoseconds; null where both are.</summary>
        public ulong? UnixNano(string timestamp, string nanos)
        {
            if (values[timestamp] is null)
            {
                Assert.Null(values[nanos]);
                return null;
            }

            return (ulong)((long)values[timestamp]! + 946_684_800_000_000) * 1000 + (ulong)(short)values[nanos]!;
        }
    }
}
