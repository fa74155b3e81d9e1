using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Bench;

/// <summary>What the benches of decoding share: a decoder, and what becomes of its batches.</summary>
internal sealed class BenchDecoding : IDisposable
{
    /// <summary>
    /// Arrays of rows that are decoded and not stored yet: sent, buffered, being written. 32 MiB: a third of a second of a busy silo. Arrays that live as long are what a garbage collector
    /// has most work with.
    /// </summary>
    private const long UnderWayBytes = 32 << 20;

    private readonly RowArrayPool _arrays = new();
    private readonly Queue<byte[]> _underWay = new(capacity: 100_000);
    private readonly ChunkDecoder _decoder;
    private long _underWayBytes;

    public BenchDecoding() => _decoder = new ChunkDecoder(new DimensionCache(), TimeProvider.System, arrays: _arrays);

    /// <summary>What was decoded: items (spans, log records, points), the bytes of their rows, and the batches that these are in.</summary>
    public readonly record struct Taken(long Items, long Bytes, long Batches);

    /// <summary>What decoding allocates.</summary>
    /// <param name="PerItem">How much more for an item more, the number of batches being the same.</param>
    /// <param name="PerBatch">The objects that a batch consists of, be its rows few or many.</param>
    public readonly record struct Allocated(double PerItem, double PerBatch);

    /// <summary>A chunk for each payload.</summary>
    public static PayloadChunk[] Chunks(Signal signal, IEnumerable<byte[]> payloads) =>
        [.. payloads.Select(p => new PayloadChunk("bench", 0, 1, 1, [new PayloadRecord(0, 0, signal, p)]))];

    /// <summary>Decodes, and does with the batches what the aggregators do once they are stored: else each would carry its resources, and no array would be used twice.</summary>
    public Taken Decode(PayloadChunk[] chunks)
    {
        long items = 0, bytes = 0, batches = 0;
        foreach (var chunk in chunks)
        {
            var decoded = _decoder.Decode(chunk);
            for (var i = 0; i < decoded.Count; i++, batches++)
            {
                for (var d = 0; d < decoded[i].Dimensions.Count; d++)
                {
                    decoded[i].Dimensions[d].MarkDurable(TimeProvider.System);
                }

                foreach (var table in decoded[i].Batch.Tables)
                {
                    items += table.Layout == CopyLayouts.Exemplars.Id ? 0 : table.RecordRows[0];
                    bytes += table.Bytes.Length;
                    _underWay.Enqueue(table.Bytes.Array);
                    _underWayBytes += table.Bytes.Array.Length;
                }
            }

            while (_underWayBytes > UnderWayBytes)
            {
                var array = _underWay.Dequeue();
                _underWayBytes -= array.Length;
                _arrays.Return(array);
            }
        }

        return new Taken(items, bytes, batches);
    }

    /// <summary>Measures what is allocated, with the payloads and with some of twice their length.</summary>
    public Allocated Allocations(PayloadChunk[] chunks, PayloadChunk[] twiceAsLong)
    {
        var (once, taken) = AllocatedFor(chunks);
        var (twice, _) = AllocatedFor(twiceAsLong);
        return new Allocated((twice - once) / (double)taken.Items, once / (double)taken.Batches);
    }

    /// <summary>CPU time of the process, in nanoseconds.</summary>
    public static double CpuOf(Action action)
    {
        var start = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - start).TotalNanoseconds;
    }

    public void Dispose() => _decoder.Dispose();

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private (long Bytes, Taken Taken) AllocatedFor(PayloadChunk[] chunks)
    {
        // Until everything that is under way, or waits in the pool, is of these.
        var taken = Decode(chunks);
        for (var bytes = 0L; bytes < 2 * RowArrayPool.DefaultMaxBytes; bytes += taken.Bytes)
        {
            Decode(chunks);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Decode(chunks);
        return (GC.GetAllocatedBytesForCurrentThread() - before, taken);
    }
}
