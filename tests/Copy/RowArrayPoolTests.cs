using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Copy;

public sealed class RowArrayPoolTests
{
    [Fact]
    public void An_array_that_came_back_is_used_again()
    {
        var pool = new RowArrayPool();
        var array = pool.Rent(100_000);
        Assert.NotSame(array, pool.Rent(100_000));
        pool.Return(array);
        Assert.Equal(array.Length, pool.KeptBytes);
        Assert.NotSame(array, pool.Rent(array.Length + 1));
        Assert.Same(array, pool.Rent(array.Length / 2 + 1));
        Assert.Equal(0, pool.KeptBytes);
    }

    [Fact]
    public void An_array_has_room_for_what_was_asked_for()
    {
        var pool = new RowArrayPool();
        foreach (var length in new[] { 0, 1, 1023, 1024, 1025, 16_384, 4 << 20, (4 << 20) + 1, 10_000_000 })
        {
            Assert.InRange(pool.Rent(length).Length, length, Math.Max(1024, 2 * length));
        }
    }

    [Fact]
    public void No_more_is_kept_than_the_bound()
    {
        var pool = new RowArrayPool(maxBytes: 100_000);
        var arrays = Enumerable.Range(0, 10).Select(_ => pool.Rent(30_000)).ToList();
        arrays.ForEach(a => pool.Return(a));
        Assert.Equal(3 * 32_768, pool.KeptBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(512)]
    [InlineData(3_000)]
    [InlineData(8 << 20)]
    public void An_array_of_a_length_that_it_does_not_give_out_is_left_to_the_collector(int length)
    {
        // Such come with batches from other silos.
        var pool = new RowArrayPool();
        pool.Return(new byte[length]);
        Assert.Equal(0, pool.KeptBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(1_000)]
    public void Rows_that_were_handed_out_are_not_written_to_any_more(int rows)
    {
        var pool = new RowArrayPool();
        using var buffer = new CopyRowBuffer(pool);
        List<(byte[] Array, byte[] Rows)> all = [];
        for (var round = 0; round < 4; round++)
        {
            for (var row = 0; row < rows; row++)
            {
                buffer.WriteText($"round {round} row {row}, some fifty bytes of text that fill the array");
            }

            var written = buffer.Written.ToArray();
            var (array, length) = buffer.Detach();
            Assert.Equal((0, 0), (buffer.Length, buffer.Rows));
            Assert.Equal(written, array[..length]);
            all.Add((array, written));
        }

        Assert.All(all, x => Assert.Equal(x.Rows, x.Array[..x.Rows.Length]));
        Assert.Equal(all.Count, all.Select(x => x.Array).Distinct().Count());
    }
}
