using System.Text;
using CsCheck;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Decoding;

namespace OtelOrleans.Tests.Copy;

public sealed class CopyRowBufferTests
{
    [Fact]
    public void Any_text_becomes_text_that_postgres_takes() => Gen.Byte.Array[0, 60].Sample(bytes =>
    {
        using var rows = new CopyRowBuffer();
        rows.BeginRow(CopyLayouts.DeadLetters);
        rows.WriteText(bytes);
        WriteRestOfDeadLetter(rows);

        // The reader is strict about UTF-8 and NUL; .NET's own repair is the oracle for the rest.
        var row = Assert.Single(RowReader.Parse(CopyLayouts.DeadLetters, rows.Written));
        var expected = Encoding.UTF8.GetString(bytes).Replace('\0', '\uFFFD');
        Assert.Equal(expected, row["topic"]);
        Assert.Equal(!bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(expected)), rows.Losses != CopyLosses.None);
    });

    [Fact]
    public void Any_string_becomes_json_that_reads_back_the_same() => Gen.Byte.Array[0, 60].Sample(bytes => AssertJsonString(bytes), iter: 20_000);

    [Fact]
    public void Any_valid_string_becomes_json_that_reads_back_the_same() => Gen.String.Sample(text => AssertJsonString(Encoding.UTF8.GetBytes(text)), iter: 20_000);

    [Fact]
    public void Any_uint64_is_a_numeric() => Gen.OneOf(Gen.ULong, Gen.ULong[0, 100_000_000], Gen.Int[0, 19].Select(e => (ulong)Math.Pow(10, e))).Sample(value =>
    {
        using var rows = new CopyRowBuffer();
        rows.BeginRow(CopyLayouts.SummaryPoints);
        rows.WriteInt64(1);
        rows.WriteNull();
        rows.WriteInt64(2);
        rows.WriteNumeric(value);
        for (var i = 0; i < CopyLayouts.SummaryPoints.ColumnCount - 4; i++)
        {
            rows.WriteNull();
        }

        Assert.Equal(value, Assert.Single(RowReader.Parse(CopyLayouts.SummaryPoints, rows.Written))["count"]);
    });

    [Fact]
    public void Any_double_reads_back_the_same_and_is_told_from_an_integer() => Gen.OneOf(Gen.Double, Gen.Long.Select(l => (double)l), Gen.Int.Select(i => (double)i)).Sample(value =>
    {
        using var rows = new CopyRowBuffer();
        rows.WriteJsonDouble(value);
        var json = Encoding.UTF8.GetString(rows.Written);
        if (!double.IsFinite(value))
        {
            Assert.NotEqual(CopyLosses.None, rows.Losses);
            return;
        }

        Assert.Equal(value, double.Parse(json, System.Globalization.CultureInfo.InvariantCulture));

        // What jsonb keeps of a number is its value and its digits after the point.
        var isIntegral = value == Math.Truncate(value) && value is >= -9_223_372_036_854_775_808.0 and < 9_223_372_036_854_775_808.0;
        Assert.True(!isIntegral || json.EndsWith(".0", StringComparison.Ordinal), json);
    });

    [Fact]
    public void A_timestamp_and_its_nanoseconds_are_exact() => Gen.OneOf(Gen.ULong, Gen.Const(ulong.MaxValue), Gen.ULong[0, 2000]).Sample(unixNano =>
        Assert.Equal(unixNano, (ulong)(PgTime.Micros(unixNano) + 946_684_800_000_000) * 1000 + (ulong)PgTime.Nanos(unixNano)));

    [Fact]
    public void What_was_written_after_a_mark_can_be_forgotten()
    {
        using var rows = new CopyRowBuffer();
        WriteDeadLetter(rows, "kept");
        var mark = rows.CurrentMark;
        for (var i = 0; i < 10_000; i++)
        {
            WriteDeadLetter(rows, "forgotten");
        }

        rows.TruncateTo(mark);
        WriteDeadLetter(rows, "new");
        Assert.Equal(2, rows.Rows);
        Assert.Equal(["kept", "new"], RowReader.Parse(CopyLayouts.DeadLetters, rows.Written).Select(r => r.Text("topic")));
    }

    private static void AssertJsonString(byte[] bytes)
    {
        using var rows = new CopyRowBuffer();
        rows.WriteJsonString(bytes);
        using var json = System.Text.Json.JsonDocument.Parse(rows.Written.ToArray());
        Assert.Equal(Encoding.UTF8.GetString(bytes).Replace('\0', '\uFFFD'), json.RootElement.GetString());
    }

    private static void WriteDeadLetter(CopyRowBuffer rows, string topic)
    {
        rows.BeginRow(CopyLayouts.DeadLetters);
        rows.WriteText(topic);
        WriteRestOfDeadLetter(rows);
    }

    private static void WriteRestOfDeadLetter(CopyRowBuffer rows)
    {
        for (var i = 1; i < CopyLayouts.DeadLetters.ColumnCount; i++)
        {
            rows.WriteNull();
        }
    }
}
