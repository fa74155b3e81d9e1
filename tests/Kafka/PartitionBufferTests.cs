using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Tests.Kafka;

public sealed class PartitionBufferTests
{
    private readonly PartitionBuffer _buffer = new("t", 0, startOffset: 10);

    [Fact]
    public void Records_below_the_start_and_repeated_ones_are_dropped()
    {
        Put(9, 10, 11, 11, 10, 12);

        Assert.Equal([10, 11, 12], Take(100, 100));
        Assert.Equal(0, _buffer.Bytes);
    }

    [Fact]
    public void Chunk_is_bounded_in_records_and_bytes_but_never_empty()
    {
        Put(10, 11, 12, 13);

        Assert.Equal([10], Take(100, maxBytes: 1));
        Assert.Equal([11, 12], Take(maxRecords: 2, 100));
        Assert.Equal([13], Take(100, maxBytes: 4));
        Assert.Null(_buffer.TryTake(100, 100, out _));
    }

    private void Put(params long[] offsets)
    {
        foreach (var offset in offsets)
        {
            _buffer.Put(new PayloadRecord(offset, 0, Signal.Traces, new byte[4]));
        }
    }

    private IEnumerable<long> Take(int maxRecords, int maxBytes) => _buffer.TryTake(maxRecords, maxBytes, out _)!.Select(r => r.Offset);
}
