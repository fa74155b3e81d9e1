using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Bench;

/// <summary>What the benches of decoding share.</summary>
internal static class BenchDecoding
{
    /// <summary>What was decoded: items (spans, log records, points) and the bytes of their rows.</summary>
    public readonly record struct Taken(long Items, long Bytes);

    /// <summary>A chunk for each payload.</summary>
    public static PayloadChunk[] Chunks(Signal signal, byte[][] payloads) =>
        [.. payloads.Select(p => new PayloadChunk("bench", 0, 1, 1, [new PayloadRecord(0, 0, signal, p)]))];

    public static Taken Decode(ChunkDecoder decoder, PayloadChunk[] chunks)
    {
        long items = 0, bytes = 0;
        foreach (var batch in chunks.SelectMany(decoder.Decode))
        {
            // As if it were stored: else every batch carried its resources.
            foreach (var dimension in batch.Dimensions)
            {
                dimension.MarkDurable(TimeProvider.System);
            }

            foreach (var table in batch.Batch.Tables)
            {
                items += table.Layout == CopyLayouts.Exemplars.Id ? 0 : table.RecordRows[0];
                bytes += table.Bytes.Length;
            }
        }

        return new Taken(items, bytes);
    }

    /// <summary>CPU time of the process, in nanoseconds.</summary>
    public static double CpuOf(Action action)
    {
        var start = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - start).TotalNanoseconds;
    }

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
