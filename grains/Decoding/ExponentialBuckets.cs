using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>The positive or negative buckets of an exponential histogram.</summary>
internal readonly ref struct ExponentialBuckets
{
    private readonly bool _isPresent;
    private readonly int _offset;
    private readonly ReadOnlySpan<byte> _counts;

    private ExponentialBuckets(int offset, ReadOnlySpan<byte> counts)
    {
        _isPresent = true;
        _offset = offset;
        _counts = counts;
    }

    /// <summary>Reads the message.</summary>
    public static ExponentialBuckets Read(ReadOnlySpan<byte> message)
    {
        var offset = 0;
        var counts = new PackedField(BucketsFields.BucketCountsPacked, BucketsFields.BucketCounts);
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case BucketsFields.Offset:
                    offset = reader.ReadSInt32();
                    break;
                case BucketsFields.BucketCountsPacked:
                    counts.Add(reader.ReadBytes());
                    break;
                case BucketsFields.BucketCounts:
                    reader.ReadVarint();
                    counts.NoteSingle();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        return new(offset, counts.In(message));
    }

    /// <summary>Writes the offset, or NULL where there is no message.</summary>
    public void WriteOffset(CopyRowBuffer row)
    {
        if (_isPresent)
        {
            row.WriteInt32(_offset);
        }
        else
        {
            row.WriteNull();
        }
    }

    /// <summary>Writes the counts, or NULL where there is no message.</summary>
    public void WriteCounts(CopyRowBuffer row)
    {
        if (!_isPresent)
        {
            row.WriteNull();
            return;
        }

        var length = 0;
        var reader = new WireReader(_counts);
        while (!reader.AtEnd)
        {
            reader.ReadVarint();
            length++;
        }

        row.BeginInt64Array(length);
        reader = new WireReader(_counts);
        while (!reader.AtEnd)
        {
            row.WriteCount(reader.ReadVarint());
        }
    }
}
