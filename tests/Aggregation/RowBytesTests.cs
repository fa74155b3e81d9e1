using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Aggregation;

public sealed class RowBytesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(100_000)]
    public void Another_silo_gets_the_rows_and_nothing_of_the_array_behind_them(int length)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var array = new byte[length + 4_096];
        Random.Shared.NextBytes(array);
        var batch = new RowBatch("t", 3, 4, [5], [new TableRows(1, new(array, length), [length], [1]), new TableRows(2, array, [array.Length], [2])], []);

        var sent = serializer.SerializeToArray(batch);
        var received = serializer.Deserialize<RowBatch>(sent)!;

        Assert.InRange(sent.Length, length + array.Length, length + array.Length + 200);
        Assert.Equal(array[..length], received.Tables[0].Bytes.Array);
        Assert.Equal(array, received.Tables[1].Bytes.Array);
        Assert.Equal(batch.Offsets, received.Offsets);
        Assert.Equal([2], received.Tables[1].RecordRows);
    }
}
