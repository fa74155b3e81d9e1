using System.Diagnostics.Metrics;
using System.Text;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Sql.Rollups;

/// <summary>
/// Counts the spans of a transaction per minute, service, kind and name, from their encoded rows: what is stored is what is counted, however records were cut into flushes and
/// whatever was dropped as seen or refused on the way. One per silo; thread safe.
/// </summary>
internal sealed class SpanRollups(RollupOptions options, TimeProvider time)
{
    /// <summary>Characters of a name that are kept: it is in a btree.</summary>
    private const int MaxNameLength = 255;

    private const long Minute = 60_000_000;
    private const short StatusError = 2;

    private static readonly byte[] Other = Encoding.UTF8.GetBytes("(other)");

    private static readonly Counter<long> OtherSpans = new Meter(SqlTelemetry.MeterName)
        .CreateCounter<long>("otelorleans.rollups.other", "{span}", "Spans counted as \"(other)\", because their service has more span names than are told apart.");

    public static void Begin() => OtherSpans.Add(0);

    private readonly RollupNames _names = new(options.MaxNamesPerService, time);

    /// <summary>Writes rows of <see cref="CopyLayouts.RollupDeltas"/> for the spans of these blocks. Returns how many spans were counted as <c>(other)</c>.</summary>
    public long Write(CopyRowBuffer rows, IEnumerable<CopyBlock> blocks)
    {
        if (!options.Enabled)
            return 0;
        var cells = new Dictionary<RollupKey, RollupCell>(RollupKeyComparer.Instance);
        long others = 0;
        foreach (var block in blocks)
        {
            if (block.Layout == CopyLayouts.Spans.Id)
                others += Add(cells, block.Bytes.Span);
        }

        foreach (var (key, cell) in cells)
            cell.Write(rows, key);
        return others;
    }

    /// <summary>The rows are committed.</summary>
    public static void Committed(long others)
    {
        if (others > 0)
            OtherSpans.Add(others);
    }

    private long Add(Dictionary<RollupKey, RollupCell> cells, ReadOnlySpan<byte> bytes)
    {
        var lookup = cells.GetAlternateLookup<RollupSpanKey>();
        long others = 0;
        var spans = new SpanRows(bytes);
        while (spans.MoveNext())
        {
            // Towards the past, before 2000 too.
            var minute = spans.StartTime - (spans.StartTime % Minute + Minute) % Minute;
            var name = Cut(spans.Name);
            if (!lookup.TryGetValue(new(minute, spans.Kind, spans.ServiceName, name), out var cell))
            {
                if (!_names.Has(spans.ServiceName, name))
                {
                    others++;
                    name = Other;
                }

                var key = new RollupSpanKey(minute, spans.Kind, spans.ServiceName, name);
                if (!lookup.TryGetValue(key, out cell))
                    lookup[key] = cell = new();
            }

            cell.Add(spans.Duration, spans.StatusCode == StatusError);
        }

        return others;
    }

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> name)
    {
        if (name.Length <= MaxNameLength)
            return name;
        var characters = 0;
        for (var i = 0; i < name.Length; i++)
        {
            // Bytes that continue a character have the bits 10 in front.
            if ((name[i] & 0xC0) != 0x80 && ++characters > MaxNameLength)
                return name[..i];
        }

        return name;
    }
}
