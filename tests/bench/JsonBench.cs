using System.Globalization;
using System.Text.Json;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto.Json;
using OtelOrleans.Tests.Json;

namespace OtelOrleans.Tests.Bench;

/// <summary>Measures OTLP/JSON traces on their whole way to rows, rewriting as protobuf alone, and reading the JSON with <see cref="Utf8JsonReader"/> alone, in turns.</summary>
internal static class JsonBench
{
    private const int WarmUpRounds = 6;
    private const int Rounds = 25;
    private const long LeastBytes = 8 << 20;

    /// <summary>Prints one line.</summary>
    /// <param name="folder">Holds <c>*json-traces*.json</c>; null: the tests' own corpus.</param>
    /// <param name="output">Where the line goes.</param>
    public static void Run(string? folder, TextWriter output)
    {
        var files = Directory.GetFiles(folder ?? Path.Combine(AppContext.BaseDirectory, "Corpus"), "*json-traces*.json")
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        // Small ones are sent often: a round shall take milliseconds.
        byte[][] payloads = [.. Enumerable.Repeat(files, (int)(LeastBytes / files.Sum(f => (long)f.Length)) + 1).SelectMany(f => f)];
        var chunks = BenchDecoding.Chunks(Signal.Traces, payloads);
        using var decoding = new BenchDecoding();
        var transcoder = new OtlpJsonTranscoder();
        List<double> decode = [], transcode = [], read = [];
        BenchDecoding.Taken taken = default;
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            var decoded = BenchDecoding.CpuOf(() => taken = decoding.Decode(chunks));
            var transcoded = BenchDecoding.CpuOf(() =>
            {
                foreach (var payload in payloads)
                {
                    transcoder.TranscodeTraces(payload);
                }
            });
            var alone = BenchDecoding.CpuOf(() =>
            {
                foreach (var payload in payloads)
                {
                    var reader = new Utf8JsonReader(payload);
                    while (reader.Read())
                    {
                    }
                }
            });
            if (round >= 0)
            {
                read.Add(alone / taken.Items);
                decode.Add(decoded / taken.Items);
                transcode.Add(transcoded / taken.Items);
            }
        }

        var allocated = decoding.Allocations(chunks, BenchDecoding.Chunks(Signal.Traces, payloads.Select(JsonPayloads.TwiceAsLong)));
        var bytes = payloads.Sum(p => (long)p.Length);
        var nanos = BenchDecoding.Median(decode);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"json: ns_per_span={nanos:F0} mb_per_s={bytes / (double)taken.Items / nanos * 1000:F0} bytes_per_span={allocated.PerItem:F1} bytes_per_batch={allocated.PerBatch:F0} ns_transcode={BenchDecoding.Median(transcode):F0} ns_reader={BenchDecoding.Median(read):F0} json_bytes_per_span={bytes / taken.Items} items={taken.Items} payloads={payloads.Length}"));
    }
}
