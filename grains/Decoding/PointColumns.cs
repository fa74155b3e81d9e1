using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>What the rows of all kinds of data points have in common.</summary>
internal static class PointColumns
{
    /// <summary>Bit of a point's flags: the series went away, the values of the point mean nothing and are stored as NULL.</summary>
    public const uint NoRecordedValue = 1;

    /// <summary>The series of a point; its row goes with the batch if it must.</summary>
    public static long SeriesOf(ServiceRows service, DimensionCache dimensions, in MetricHeader metric, ReadOnlySpan<byte> point, FieldRange attributes, uint tag)
    {
        // With other fields in between (a time, a value) the bytes would be new for every point.
        var fields = attributes.HasGaps ? MergedField.Extract(point, tag) : attributes.Of(point);
        var series = dimensions.Series(metric, fields, tag);
        service.Refer(series);
        return series.Id;
    }

    /// <summary>Writes <c>time</c>, <c>start_time</c>, <c>series_id</c>. A start of 0 means unknown: NULL.</summary>
    public static void WriteHead(CopyRowBuffer row, ulong time, ulong start, long seriesId)
    {
        row.WriteTimestamp(time);
        if (start != 0)
        {
            row.WriteTimestamp(start);
        }
        else
        {
            row.WriteNull();
        }

        row.WriteInt64(seriesId);
    }

    /// <summary>Writes <c>flags</c>, <c>time_ns</c>, <c>start_ns</c>.</summary>
    public static void WriteFlagsAndNanos(CopyRowBuffer row, uint flags, ulong time, ulong start)
    {
        row.WriteInt32((int)flags);
        row.WriteNanos(time);
        if (start != 0)
        {
            row.WriteNanos(start);
        }
        else
        {
            row.WriteNull();
        }
    }

    /// <summary>Writes <c>lossless</c>.</summary>
    /// <param name="row">Where to.</param>
    /// <param name="point">The original point.</param>
    /// <param name="isChanged">The point has values although its flags say that none was recorded: the columns do not hold them.</param>
    public static void WriteLossless(CopyRowBuffer row, ReadOnlySpan<byte> point, bool isChanged)
    {
        if (isChanged)
        {
            row.MarkLossy(CopyLosses.NotRecorded);
        }

        row.WriteLossless(point);
    }

    /// <summary>Writes a <c>double precision</c>, or NULL.</summary>
    public static void WriteOptional(CopyRowBuffer row, double? value)
    {
        if (value is { } present)
        {
            row.WriteDouble(present);
        }
        else
        {
            row.WriteNull();
        }
    }
}
