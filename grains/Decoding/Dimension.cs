using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// A dimension row as this silo knows it. A batch carries the row as long as this silo does not know that it is stored; and again once that knowledge is
/// <see cref="TrustedFor"/> old, so that its <c>last_seen</c> stays true and a trimmed row comes back.
/// </summary>
/// <param name="id">Content hash: the row's primary key.</param>
/// <param name="layout">The dimension table.</param>
/// <param name="row">The encoded row.</param>
/// <param name="losses">Why the row had to keep its original, if it had.</param>
internal sealed class Dimension(long id, short layout, byte[] row, CopyLosses losses = CopyLosses.None) : IDimensionEntry
{
    /// <summary>How long "it is stored" is believed.</summary>
    public static readonly TimeSpan TrustedFor = TimeSpan.FromHours(1);

    private long _durableUntil = long.MinValue;

    /// <summary>From a buffer that holds the row and nothing else.</summary>
    public static Dimension Of(long id, CopyLayout layout, CopyRowBuffer row) => new(id, layout.Id, row.Written.ToArray(), row.Losses);

    /// <summary>Content hash: the row's primary key.</summary>
    public long Id => id;

    /// <summary>The dimension table.</summary>
    public short Layout => layout;

    /// <summary>The encoded row.</summary>
    public byte[] Row => row;

    /// <summary>Why the row had to keep its original, if it had.</summary>
    public CopyLosses Losses => losses;

    Dimension IDimensionEntry.Dimension => this;

    /// <summary>Whether a batch must carry the row.</summary>
    public bool MustBeSent(TimeProvider time) => time.GetTimestamp() >= Volatile.Read(ref _durableUntil);

    /// <summary>A batch that carried the row is committed.</summary>
    public void MarkDurable(TimeProvider time) =>
        Volatile.Write(ref _durableUntil, time.GetTimestamp() + (long)(TrustedFor.TotalSeconds * time.TimestampFrequency));
}
