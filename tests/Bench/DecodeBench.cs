using System.Globalization;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Proto.Json;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Bench;

/// <summary>Measures decoding against Google.Protobuf's parsing of the same payloads, in turns, so that a drifting machine moves both; in CPU time of the
/// process, garbage collection included, so that neighbours matter less. The ratio is the number to compare.</summary>
public static class DecodeBench
{
    private const int WarmUpRounds = 3;
    private const int Rounds = 15;

    /// <summary>Decodes all <c>*-traces.pb</c> and <c>*-traces-*.pb</c> of a folder, a payload per chunk, and prints the median round on one line.</summary>
    /// <param name="corpusFolder">Where the payloads are.</param>
    /// <param name="output">Where the line goes.</param>
    public static void Run(string corpusFolder, TextWriter output)
    {
        var payloads = Directory.GetFiles(corpusFolder, "*-traces*.pb").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        var chunks = Chunks(payloads);
        var decoder = new ChunkDecoder(new DimensionCache(), TimeProvider.System);
        List<double> decode = [], parse = [];
        long spans = 0, rowBytes = 0, allocated = 0;
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Environment.CpuUsage.TotalTime;
            (spans, rowBytes) = DecodeAll(decoder, chunks);
            var decoded = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            start = Environment.CpuUsage.TotalTime;
            foreach (var payload in payloads)
            {
                TracesData.Parser.ParseFrom(payload);
            }

            var parsed = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds;
            if (round >= 0)
            {
                decode.Add(decoded / spans);
                parse.Add(parsed / spans);
            }
        }

        // Allocated beyond the rows themselves, which are handed out and have to be somewhere.
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"decode: ns_per_span={Median(decode):F0} bytes_per_span={(allocated - rowBytes) / (double)spans:F1} ratio_parse={Median(parse) / Median(decode):F2} row_bytes_per_span={rowBytes / spans} spans={spans}"));
    }

    /// <summary>Decodes all <c>*json-traces*.json</c> of a folder, a payload per chunk, and prints the median round on one line: the whole way to rows, and rewriting as protobuf alone.</summary>
    /// <param name="corpusFolder">Where the payloads are.</param>
    /// <param name="output">Where the line goes.</param>
    public static void RunJson(string corpusFolder, TextWriter output)
    {
        var payloads = Directory.GetFiles(corpusFolder, "*json-traces*.json").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        var chunks = Chunks(payloads);
        var decoder = new ChunkDecoder(new DimensionCache(), TimeProvider.System);
        var transcoder = new OtlpJsonTranscoder();
        List<double> decode = [], transcode = [];
        long spans = 0, rowBytes = 0, allocated = 0;
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Environment.CpuUsage.TotalTime;
            (spans, rowBytes) = DecodeAll(decoder, chunks);
            var decoded = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            start = Environment.CpuUsage.TotalTime;
            foreach (var payload in payloads)
            {
                transcoder.TranscodeTraces(payload);
            }

            var transcoded = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds;
            if (round >= 0)
            {
                decode.Add(decoded / spans);
                transcode.Add(transcoded / spans);
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"json: ns_per_span={Median(decode):F0} bytes_per_span={(allocated - rowBytes) / (double)spans:F1} ns_transcode={Median(transcode):F0} json_bytes_per_span={payloads.Sum(p => (long)p.Length) / spans} spans={spans}"));
    }

    private static PayloadChunk[] Chunks(byte[][] payloads) => [.. payloads.Select(p => new PayloadChunk("bench", 0, 1, 1, [new PayloadRecord(0, 0, Signal.Traces, p)]))];

    private static (long Spans, long RowBytes) DecodeAll(ChunkDecoder decoder, PayloadChunk[] chunks)
    {
        long spans = 0, rowBytes = 0;
        foreach (var chunk in chunks)
        {
            foreach (var batch in decoder.Decode(chunk))
            {
                foreach (var dimension in batch.Dimensions)
                {
                    dimension.MarkDurable(TimeProvider.System);
                }

                var table = batch.Batch.Tables.Single(t => t.Layout == CopyLayouts.Spans.Id);
                spans += table.RecordRows[0];
                rowBytes += table.Bytes.Length;
            }
        }

        return (spans, rowBytes);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
