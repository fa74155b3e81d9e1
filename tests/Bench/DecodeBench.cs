using System.Globalization;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Bench;

/// <summary>
/// Measures decoding against the natural way and against Google.Protobuf's parsing alone, on the same payloads and in turns, so that a drifting machine moves all three; in CPU
/// time of the process, garbage collection included, so that neighbours matter less. Medians of many short rounds. The ratios are the numbers to compare.
/// </summary>
internal static class DecodeBench
{
    private const int WarmUpRounds = 6;
    private const int Rounds = 25;

    /// <summary>Prints a line per signal.</summary>
    /// <param name="folder">Holds <c>*-traces*.pb</c> and the like; null: the tests' own corpus.</param>
    /// <param name="output">Where the lines go.</param>
    public static void Run(string? folder, TextWriter output)
    {
        Run("decode", "span", Signal.Traces, folder, output);
        Run("decode_logs", "log_record", Signal.Logs, folder, output);
        Run("decode_points", "point", Signal.Metrics, folder, output);
    }

    private static void Run(string bench, string item, Signal signal, string? folder, TextWriter output)
    {
        var payloads = BenchPayloads.Load(folder, signal);
        var chunks = payloads.Select(p => new PayloadChunk("bench", 0, 1, 1, [new PayloadRecord(0, 0, signal, p)])).ToArray();
        var decoder = new ChunkDecoder(new DimensionCache(), TimeProvider.System);
        using var natural = new NaturalWay();
        List<double> decode = [], parse = [], naturally = [];
        long items = 0, handedOut = 0, allocated = 0;
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            (items, handedOut) = (0, 0);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var decoded = CpuOf(() =>
            {
                foreach (var chunk in chunks)
                {
                    Take(decoder.Decode(chunk), ref items, ref handedOut);
                }
            });
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            var parsed = CpuOf(() =>
            {
                foreach (var payload in payloads)
                {
                    Parse(signal, payload);
                }
            });
            var taken = CpuOf(() =>
            {
                foreach (var payload in payloads)
                {
                    natural.Run(signal, payload);
                }
            });
            if (round >= 0)
            {
                decode.Add(decoded / items);
                parse.Add(parsed / items);
                naturally.Add(taken / items);
            }
        }

        // Allocated beyond the rows themselves, which are handed out and have to be somewhere.
        var nanos = Median(decode);
        var bytes = payloads.Sum(p => (long)p.Length);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{bench}: ns_per_{item}={nanos:F0} mb_per_s={bytes / (double)items / nanos * 1000:F0} bytes_per_{item}={(allocated - handedOut) / (double)items:F1} ratio_natural={Median(naturally) / nanos:F1} ratio_parse={Median(parse) / nanos:F2} row_bytes_per_{item}={handedOut / items} items={items} payloads={payloads.Length}"));
    }

    private static void Take(IReadOnlyList<DecodedBatch> batches, ref long items, ref long handedOut)
    {
        foreach (var batch in batches)
        {
            // As if it were stored: else every batch carried its resources.
            foreach (var dimension in batch.Dimensions)
            {
                dimension.MarkDurable(TimeProvider.System);
            }

            foreach (var table in batch.Batch.Tables)
            {
                items += table.Layout == CopyLayouts.Exemplars.Id ? 0 : table.RecordRows[0];
                handedOut += table.Bytes.Length;
            }
        }
    }

    private static object Parse(Signal signal, byte[] payload) => signal switch
    {
        Signal.Traces => TracesData.Parser.ParseFrom(payload),
        Signal.Logs => LogsData.Parser.ParseFrom(payload),
        _ => MetricsData.Parser.ParseFrom(payload),
    };

    private static double CpuOf(Action action)
    {
        var start = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - start).TotalNanoseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
