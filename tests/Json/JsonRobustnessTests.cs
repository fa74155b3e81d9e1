using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto;
using OtelOrleans.Proto.Json;
using OtelOrleans.Tests.Decoding;
using static OtelOrleans.Tests.Json.JsonPayloads;

namespace OtelOrleans.Tests.Json;

/// <summary>Real payloads, whole, cut and spoilt.</summary>
public sealed class JsonRobustnessTests
{
    private const int Mutations = 4_000;

    public static TheoryData<string, Signal> Files => new()
    {
        { "node-json-traces-0267.json", Signal.Traces },
        { "node-json-logs-0237.json", Signal.Logs },
        { "node-json-metrics-0235.json", Signal.Metrics },
    };

    [Theory, MemberData(nameof(Files))]
    public void A_payload_cut_anywhere_is_malformed(string file, Signal signal)
    {
        var payload = File.ReadAllBytes(Payloads.Corpus(file));
        var transcoder = new OtlpJsonTranscoder();
        for (var length = 0; length < payload.Length; length++)
        {
            Assert.Throws<MalformedPayloadException>(() => Transcode(transcoder, signal, payload[..length]).Length);
        }

        Assert.True(Transcode(transcoder, signal, payload).Length > 1000);
    }

    [Theory, MemberData(nameof(Files))]
    public void A_payload_spoilt_anywhere_is_read_or_malformed(string file, Signal signal)
    {
        var sample = File.ReadAllBytes(Payloads.Corpus(file));
        var random = new Random(sample.Length);
        var transcoder = new OtlpJsonTranscoder();
        var refused = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var payload = JsonMutations.Mutate(random, sample);
            try
            {
                // What comes out is protobuf, whatever it says: strings apart, which may be broken UTF-8 as they came in.
                var wire = Transcode(transcoder, signal, payload);
                if (System.Text.Unicode.Utf8.IsValid(payload) && payload.AsSpan().IndexOf("\\u"u8) < 0)
                {
                    Parse(signal, wire);
                }
            }
            catch (MalformedPayloadException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, Mutations / 20, Mutations - Mutations / 20);
    }

    [Theory, MemberData(nameof(Files))]
    public void Nothing_is_allocated(string file, Signal signal)
    {
        var payload = File.ReadAllBytes(Payloads.Corpus(file));
        var transcoder = new OtlpJsonTranscoder();
        for (var i = 0; i < 3; i++)
        {
            Transcode(transcoder, signal, payload);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
        {
            Transcode(transcoder, signal, payload);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Keys_that_come_again_do_not_cost_the_square_of_their_number()
    {
        // Each of them takes a value out that a large list follows; if that list moved or were walked every time, this would take minutes.
        var attributes = string.Join(',', Enumerable.Repeat("{\"key\":\"k\",\"value\":{\"intValue\":1}}", 30_000));
        var names = string.Join(',', Enumerable.Repeat("\"name\":\"n\",\"kind\":1,\"name\":null,\"status\":{},\"status\":{\"code\":1}", 30_000));
        Assert.Equal(30_000, Span($"\"name\":\"a\",\"status\":{{}},\"attributes\":[{attributes}],{names}").Attributes.Count);
    }
}
