namespace OtelOrleans.Silo.Commands;

/// <summary>Columns of text, as wide as their widest cell.</summary>
internal static class TextTable
{
    /// <summary>A line for the head and one for each row; <paramref name="rightAligned"/> are the columns of numbers.</summary>
    public static string Format(string[] head, IEnumerable<string[]> rows, IReadOnlyList<int> rightAligned)
    {
        List<string[]> all = [head, .. rows];
        int[] widths = [.. Enumerable.Range(0, head.Length).Select(column => all.Max(row => row[column].Length))];
        return string.Concat(all.Select(row =>
            string.Join("  ", row.Select((cell, i) => rightAligned.Contains(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd() + "\n"));
    }
}
