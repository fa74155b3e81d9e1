namespace OtelOrleans.Sql.Copy;

/// <summary>
/// Unix nanoseconds as Postgres holds them: a <c>timestamptz</c> of whole microseconds and a <c>smallint</c> with the nanoseconds that are left.
/// Together they are exact for every <c>uint64</c>; the last one lies in the year 2554.
/// </summary>
public static class PgTime
{
    // From 1970, where Unix begins, to 2000, where Postgres does.
    private const long UnixEpochToPgEpochMicros = 946_684_800_000_000;

    /// <summary>Microseconds since 2000, as a binary <c>timestamptz</c> wants them.</summary>
    public static long Micros(ulong unixNano) => (long)(unixNano / 1000) - UnixEpochToPgEpochMicros;

    /// <summary>The nanoseconds that <see cref="Micros"/> drops: 0 to 999.</summary>
    public static short Nanos(ulong unixNano) => (short)(unixNano % 1000);

    /// <summary>Microseconds since 2000 of a Kafka timestamp.</summary>
    public static long MicrosOfUnixMs(long unixMs) => unixMs * 1000 - UnixEpochToPgEpochMicros;
}
