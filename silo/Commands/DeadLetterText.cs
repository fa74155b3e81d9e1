using System.Globalization;
using System.Text;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.DeadLetters;

namespace OtelOrleans.Silo.Commands;

/// <summary>Dead letters as people read them.</summary>
internal static class DeadLetterText
{
    private const int HeadBytes = 512;
    private const int BytesPerLine = 16;

    /// <summary>A line per reason.</summary>
    public static string Summary(IReadOnlyList<DeadLetterCount> counts) => counts.Count == 0
        ? "no dead letters\n"
        : TextTable.Format(
            ["reason", "letters", "bytes", "first", "last"],
            counts.Select(c => (string[])[c.Reason, N(c.Letters), N(c.Bytes), Time(c.First), Time(c.Last)]),
            rightAligned: [1, 2]);

    /// <summary>A line per letter.</summary>
    public static string Table(IReadOnlyList<DeadLetter> letters) => letters.Count == 0
        ? ""
        : "\n" + TextTable.Format(
            ["id", "stored at", "record", "service", "reason", "sqlstate", "bytes", "state"],
            letters.Select(l => (string[])[N(l.Id), Time(l.At), Record(l), l.ServiceName ?? "", l.Reason, l.SqlState ?? "", l.PayloadBytes is { } bytes ? N(bytes) : "", State(l)]),
            rightAligned: [0, 6]);

    /// <summary>A line per column, then the payload's beginning: as text if it is text.</summary>
    public static string Details(DeadLetter letter, byte[]? payload)
    {
        (string Name, string? Value)[] lines =
        [
            ("id", N(letter.Id)),
            ("stored at", Time(letter.At)),
            ("state", State(letter)),
            ("record", Record(letter)),
            ("record time", letter.RecordTime is { } time ? Time(time) : null),
            ("signal", letter.Signal),
            ("service", letter.ServiceName),
            ("reason", letter.Reason),
            ("sqlstate", letter.SqlState),
            ("error", letter.Error?.ReplaceLineEndings(" ")),
            ("encoding", letter.ContentEncoding),
            ("payload", payload is null ? "dropped" : letter.RowLayout is { } row ? $"{payload.Length} bytes, a row of {TableOf(row)} as COPY takes it" : $"{payload.Length} bytes"),
        ];
        return string.Concat(lines.Where(l => l.Value is not null).Select(l => $"{l.Name,-12} {l.Value}\n")) + (payload is null ? "" : $"\n{Head(payload)}");
    }

    private static string Head(byte[] payload)
    {
        var head = payload.AsSpan(0, Math.Min(payload.Length, HeadBytes));
        var more = payload.Length > HeadBytes ? $"… {payload.Length - HeadBytes} bytes more\n" : "";
        return (IsText(head) ? Encoding.UTF8.GetString(head) + "\n" : Hex(head)) + more;
    }

    // A character may be cut off at the end.
    private static bool IsText(ReadOnlySpan<byte> bytes) =>
        !bytes.ContainsAnyInRange((byte)0, (byte)8) && !bytes.ContainsAnyInRange((byte)14, (byte)31) && Encoding.UTF8.GetString(bytes).TrimEnd('\uFFFD').IndexOf('\uFFFD') < 0;

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        for (var at = 0; at < bytes.Length; at += BytesPerLine)
        {
            var line = bytes[at..Math.Min(at + BytesPerLine, bytes.Length)];
            text.Append(CultureInfo.InvariantCulture, $"{at:x8}  ");
            foreach (var b in line)
            {
                text.Append(CultureInfo.InvariantCulture, $"{b:x2} ");
            }

            text.Append(' ', (BytesPerLine - line.Length) * 3 + 1);
            foreach (var b in line)
            {
                text.Append(b is >= 0x20 and < 0x7F ? (char)b : '.');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Record(DeadLetter letter) => $"{letter.Topic}/{letter.Partition} {letter.Offset}{(letter.ItemIndex is { } item ? $", item {item}" : letter.RowLayout is { } row ? $", a row of {TableOf(row)}" : "")}";

    private static string State(DeadLetter letter) =>
        letter.ReplayedAt is { } replayed ? $"replayed {Time(replayed)}" : letter.DroppedAt is { } dropped ? $"dropped {Time(dropped)}" : "open";

    private static string TableOf(short layout) => CopyLayouts.TryGet(layout, out var known) ? known.Table : $"layout {layout}";

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ssZ", CultureInfo.InvariantCulture);

    private static string N(long number) => number.ToString(CultureInfo.InvariantCulture);
}
