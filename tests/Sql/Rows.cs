using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Sql;

/// <summary>Rows as bytes of a binary COPY, for tests: slow, plain, and independent of the encoder that the decoders use.</summary>
internal sealed class Rows(CopyLayout layout)
{
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private int _rows;

    /// <summary>Adds a row: values by column name; what is not named is null, or a harmless value where null is not allowed.</summary>
    public Rows Add(params (string Column, object? Value)[] values)
    {
        var given = values.ToDictionary(v => v.Column, v => v.Value);
        Int16(layout.ColumnCount);
        foreach (var column in layout.Columns)
            Field(column.Type, given.Remove(column.Name, out var value) ? value : Harmless(layout, column));
        if (given.Count > 0)
            throw new ArgumentException($"{layout.Table} has no {string.Join(", ", given.Keys)}");
        _rows++;
        return this;
    }

    public CopyBlock ToBlock() => new(layout.Id, _bytes.WrittenMemory, _rows);

    public static CopyBlock Spans(string service, int count, string name = "GET /", DateTime? start = null)
    {
        var rows = new Rows(CopyLayouts.Spans);
        for (var i = 0; i < count; i++)
            rows.Add(("service_name", service), ("name", name), ("start_time", start ?? DateTime.UtcNow), ("span_id", i.ToString("x16")));
        return rows.ToBlock();
    }

    public static CopyBlock Resource(string service, params long[] ids)
    {
        var rows = new Rows(CopyLayouts.Resources);
        foreach (var id in ids)
            rows.Add(("resource_id", id), ("service_name", service));
        return rows.ToBlock();
    }

    private static object? Harmless(CopyLayout layout, CopyColumn column) => (column.Name, column.Type) switch
    {
        ("parent_span_id" or "status_message" or "trace_state" or "events" or "links" or "dropped" or "lossless" or "observed_time" or "observed_ns"
            or "severity_text" or "event_name" or "body" or "body_json" or "sqlstate" or "error" or "item_index" or "record_time" or "start_ns" or "metadata", _)
            when !(layout == CopyLayouts.Spans && column.Name == "start_ns") => null,
        (_, "bigint") => 1L,
        (_, "integer") => 0,
        (_, "smallint") => (short)0,
        (_, "boolean") => false,
        (_, "jsonb") => "{}",
        (_, "text") => "x",
        (_, "timestamp with time zone") => DateTime.UtcNow,
        _ => null,
    };

    private void Field(string type, object? value)
    {
        switch (type, value)
        {
            case (_, null):
                Int32(-1);
                break;
            case ("bigint", long v):
                Int32(8);
                Int64(v);
                break;
            case ("integer", int v):
                Int32(4);
                Int32(v);
                break;
            case ("smallint", short v):
                Int32(2);
                Int16(v);
                break;
            case ("boolean", bool v):
                Int32(1);
                _bytes.Write([v ? (byte)1 : (byte)0]);
                break;
            case ("double precision", double v):
                Int32(8);
                Int64(BitConverter.DoubleToInt64Bits(v));
                break;
            case ("text", string v):
                Bytes([], Encoding.UTF8.GetBytes(v));
                break;
            case ("jsonb", string v):
                Bytes([1], Encoding.UTF8.GetBytes(v));
                break;
            case ("bytea", byte[] v):
                Bytes([], v);
                break;
            case ("timestamp with time zone", DateTime v):
                Int32(8);
                Int64((v - Epoch).Ticks / 10);
                break;
            case ("numeric(20,0)", long v):
                // digits in base 10,000
                var digits = new List<short>();
                for (var rest = v; rest > 0; rest /= 10_000)
                    digits.Insert(0, (short)(rest % 10_000));
                Int32(8 + 2 * digits.Count);
                Int16((short)digits.Count);
                Int16((short)(digits.Count - 1));
                Int16(0);
                Int16(0);
                digits.ForEach(Int16);
                break;
            case ("double precision[]", double[] v):
                Array(701, v.Length, i => { Int32(8); Int64(BitConverter.DoubleToInt64Bits(v[i])); }, v.Length * 12);
                break;
            case ("bigint[]", long[] v):
                Array(20, v.Length, i => { Int32(8); Int64(v[i]); }, v.Length * 12);
                break;
            default:
                throw new ArgumentException($"{value} is no {type}");
        }
    }

    private void Array(int elementType, int length, Action<int> element, int size)
    {
        Int32(20 + size);
        Int32(1);
        Int32(0);
        Int32(elementType);
        Int32(length);
        Int32(1);
        for (var i = 0; i < length; i++)
            element(i);
    }

    private void Bytes(byte[] prefix, byte[] value)
    {
        Int32(prefix.Length + value.Length);
        _bytes.Write(prefix);
        _bytes.Write(value);
    }

    private void Int16(short value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteInt16BigEndian(bytes, value);
        _bytes.Write(bytes);
    }

    private void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        _bytes.Write(bytes);
    }

    private void Int64(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        _bytes.Write(bytes);
    }
}
