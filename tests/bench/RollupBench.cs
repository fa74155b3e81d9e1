using System.Globalization;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Rollups;

namespace OtelOrleans.Tests.Bench;

/// <summary>Measures what rollups cost per stored span beside decoding it and beside walking over its row to count it, in CPU time of the process; and the rows they add to a transaction.</summary>
internal static class RollupBench
{
    private const int WarmUpRounds = 6;
    private const int Rounds = 25;

    /// <summary>Prints one line.</summary>
    /// <param name="folder">Holds <c>*-traces*.pb</c>; null: the tests' own corpus.</param>
    /// <param name="output">Where the line goes.</param>
    public static void Run(string? folder, TextWriter output)
    {
        var chunks = BenchDecoding.Chunks(Signal.Traces, BenchPayloads.Load(folder, Signal.Traces));
        var decoder = new ChunkDecoder(new DimensionCache(), TimeProvider.System);
        using var decoding = new BenchDecoding();
        List<CopyBlock> blocks = [.. chunks.SelectMany(decoder.Decode).SelectMany(b => b.Batch.Tables)
            .Where(t => t.Layout == CopyLayouts.Spans.Id).Select(t => new CopyBlock(t.Layout, t.Bytes.Memory.ToArray(), t.RecordRows.Sum()))];
        var spans = blocks.Sum(b => (long)b.Rows);
        var rollups = new SpanRollups(new(), TimeProvider.System);
        using var rows = new CopyRowBuffer();
        List<double> count = [], decode = [], walk = [];
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            rows.Clear();
            var counted = BenchDecoding.CpuOf(() => rollups.Write(rows, blocks));
            var walked = BenchDecoding.CpuOf(() => blocks.ForEach(static b => CopyRows.TryCount(b.Bytes.Span, CopyLayouts.Spans.ColumnCount, out _)));
            var decoded = BenchDecoding.CpuOf(() => decoding.Decode(chunks));
            if (round >= 0)
            {
                count.Add(counted / spans);
                decode.Add(decoded / spans);
                walk.Add(walked / spans);
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"rollups: ns_per_span={BenchDecoding.Median(count):F0} ratio_decode={BenchDecoding.Median(count) / BenchDecoding.Median(decode):F2} ns_walk={BenchDecoding.Median(walk):F0} rows_per_span={rows.Rows / (double)spans:F3} bytes_per_span={rows.Length / (double)spans:F1} spans={spans}"));
    }
}
