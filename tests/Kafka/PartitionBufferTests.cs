using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Tests.Kafka;

public sealed class PartitionBufferTests
{
    private readonly PrefetchBudget _budget = new(1000, 2000);
    private readonly PartitionBuffer _buffer;

    public PartitionBufferTests() => _buffer = new("t", 0, startOffset: 10, _budget);

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

    [Fact]
    public void Bytes_that_wait_count_until_they_are_taken_or_thrown_away()
    {
        Put(10, 11, 12);
        Assert.Equal(_buffer.Bytes, _budget.Bytes);

        Take(maxRecords: 1, 100);
        Assert.Equal(_buffer.Bytes, _budget.Bytes);
        Assert.True(_budget.Bytes > 0);

        _buffer.Close();
        Put(13);
        Assert.Equal((0, 0), (_buffer.Bytes, _budget.Bytes));
    }

    [Fact]
    public void Partitions_share_what_a_silo_may_hold_once_it_is_used_up()
    {
        for (var i = 0; i < 4; i++)
        {
            _budget.Join();
        }

        _budget.Add(1999);
        Assert.Equal(1000, _budget.Limit);
        _budget.Add(1);
        Assert.Equal(500, _budget.Limit);
        _budget.Leave();
        _budget.Leave();
        _budget.Leave();
        Assert.Equal(1000, _budget.Limit);
    }

    [Fact]
    public void A_value_counts_with_the_whole_array_that_it_lies_in()
    {
        _buffer.Put(new PayloadRecord(10, 0, Signal.Traces, new byte[512].AsMemory(0, 300)));
        Assert.InRange(_buffer.Bytes, 512, 600);

        Assert.NotNull(_buffer.TryTake(1, 1000, out var bytes));

        Assert.Equal((300, 0), (bytes, _buffer.Bytes));
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
