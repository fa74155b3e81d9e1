using System.Globalization;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;

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
        var chunks = BenchDecoding.Chunks(signal, payloads);
        using var decoding = new BenchDecoding();
        using var natural = new NaturalWay();
        List<double> decode = [], parse = [], naturally = [];
        BenchDecoding.Taken rows = default;
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            var decoded = BenchDecoding.CpuOf(() => rows = decoding.Decode(chunks));
            var parsed = BenchDecoding.CpuOf(() =>
            {
                foreach (var payload in payloads)
                {
                    Parse(signal, payload);
                }
            });
            var taken = BenchDecoding.CpuOf(() =>
            {
                foreach (var payload in payloads)
                {
                    natural.Run(signal, payload);
                }
            });
            if (round >= 0)
            {
                decode.Add(decoded / rows.Items);
                parse.Add(parsed / rows.Items);
                naturally.Add(taken / rows.Items);
            }
        }

        // Two requests, one after the other, are one.
        var allocated = decoding.Allocations(chunks, BenchDecoding.Chunks(signal, payloads.Select(p => (byte[])[.. p, .. p])));
        var nanos = BenchDecoding.Median(decode);
        var bytes = payloads.Sum(p => (long)p.Length);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{bench}: ns_per_{item}={nanos:F0} mb_per_s={bytes / (double)rows.Items / nanos * 1000:F0} bytes_per_{item}={allocated.PerItem:F1} ratio_natural={BenchDecoding.Median(naturally) / nanos:F1} ratio_parse={BenchDecoding.Median(parse) / nanos:F2} bytes_per_batch={allocated.PerBatch:F0} row_bytes_per_{item}={rows.Bytes / rows.Items} items={rows.Items} payloads={payloads.Length}"));
    }

    private static object Parse(Signal signal, byte[] payload) => signal switch
    {
        Signal.Traces => TracesData.Parser.ParseFrom(payload),
        Signal.Logs => LogsData.Parser.ParseFrom(payload),
        _ => MetricsData.Parser.ParseFrom(payload),
    };
}
