using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>One row of <c>dead_letters</c>.</summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="Offset">Kafka offset.</param>
/// <param name="ItemIndex">Which span, log record or data point of the payload; null for all of it, or where it is not known.</param>
/// <param name="TimestampUnixMs">Kafka's timestamp; null where there is none, or it is not known.</param>
/// <param name="Signal">What the record was taken for.</param>
/// <param name="Reason">One of <see cref="DeadLetterReason"/>.</param>
/// <param name="SqlState">Postgres' code, where Postgres refused it.</param>
/// <param name="Error">What is wrong, for people.</param>
/// <param name="ServiceName">Whose batch it goes with.</param>
/// <param name="ContentEncoding">How the payload is compressed, where a header says it.</param>
/// <param name="RowLayout">The payload is a row of this layout that Postgres refuses; null: it is a message.</param>
internal readonly record struct DeadLetterRow(
    string Topic, int Partition, long Offset, int? ItemIndex, long? TimestampUnixMs, Signal Signal, string Reason, string? SqlState, string Error, string ServiceName,
    string? ContentEncoding = null, short? RowLayout = null)
{
    /// <summary>Appends the row.</summary>
    /// <param name="rows">Rows of layout <see cref="CopyLayouts.DeadLetters"/>.</param>
    /// <param name="payload">The bytes that could not be stored.</param>
    public void WriteTo(CopyRowBuffer rows, ReadOnlySpan<byte> payload)
    {
        rows.BeginRow(CopyLayouts.DeadLetters);
        rows.WriteText(Topic);
        rows.WriteInt32(Partition);
        rows.WriteInt64(Offset);
        if (ItemIndex is { } index)
        {
            rows.WriteInt32(index);
        }
        else
        {
            rows.WriteNull();
        }

        if (TimestampUnixMs is { } milliseconds)
        {
            rows.WriteInt64(PgTime.MicrosOfUnixMs(milliseconds));
        }
        else
        {
            rows.WriteNull();
        }

        rows.WriteCleanText(Signal switch
        {
            Signal.Traces => "traces"u8,
            Signal.Logs => "logs"u8,
            Signal.Metrics => "metrics"u8,
            _ => "unknown"u8,
        });
        rows.WriteText(Reason);
        if (SqlState is { } state)
        {
            rows.WriteText(state);
        }
        else
        {
            rows.WriteNull();
        }

        rows.WriteText(Error);
        rows.WriteBytea(payload);
        rows.WriteText(ServiceName);
        if (ContentEncoding is { } encoding)
        {
            // A header may hold anything; the column must not.
            rows.WriteText(encoding.Replace('\0', '\uFFFD'));
        }
        else
        {
            rows.WriteNull();
        }

        if (RowLayout is { } layout)
        {
            rows.WriteInt16(layout);
        }
        else
        {
            rows.WriteNull();
        }
    }
}
