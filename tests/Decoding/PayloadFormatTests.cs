using Google.Protobuf;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Json;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>The encoding of a topic's payloads: told from each, or fixed.</summary>
public sealed class PayloadFormatTests
{
    private static readonly byte[] s_protobuf = Traces("shop", NewSpan()).ToByteArray();
    private static readonly byte[] s_json = JsonPayloads.Spans(JsonPayloads.Ids);

    [Theory]
    [InlineData("auto", true, true)]
    [InlineData("otlp_proto", true, false)]
    [InlineData("otlp_json", false, true)]
    public void A_topic_takes_the_encoding_that_it_is_fixed_to(string format, bool takesProtobuf, bool takesJson)
    {
        foreach (var (payload, isTaken) in new[] { (s_protobuf, takesProtobuf), (s_json, takesJson) })
        {
            foreach (var encoding in new[] { null, "gzip" })
            {
                var value = encoding is null ? payload : PayloadCodecs.Compress(encoding, payload);
                var batches = DecodeValue(Signal.Traces, value, encoding, Fixed(format));
                if (isTaken)
                {
                    Assert.Single(Rows(batches, CopyLayouts.Spans));
                }
                else
                {
                    var (reason, error) = Refusal(batches, value);
                    Assert.Equal(DeadLetterReason.WrongEncoding, reason);
                    Assert.Contains(format, error, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Other_topics_are_not_concerned()
    {
        var options = new DecodingOptions { Encodings = { ["other"] = "otlp_json" } };
        Assert.Single(Rows(DecodeValue(Signal.Traces, s_protobuf, null, options), CopyLayouts.Spans));
        Assert.Single(Rows(DecodeValue(Signal.Traces, s_json, null, options), CopyLayouts.Spans));
    }

    [Fact]
    public void What_looks_like_json_is_protobuf_where_the_topic_says_so()
    {
        // A first message of 123 bytes whose first field has the tag 34: a line feed, a brace, a quote. The field is unknown, and ends before the message does.
        byte[] payload = [0x0A, 0x7B, 0x22, 0x20, .. new byte[32], .. Field(3, new byte[87])];
        Assert.Equal(125, payload.Length);
        Assert.Equal(DeadLetterReason.MalformedPayload, Refusal(DecodeValue(Signal.Traces, payload, null), payload).Reason);
        Assert.Empty(DecodeValue(Signal.Traces, payload, null, Fixed("otlp_proto")));
    }

    [Fact]
    public void What_is_neither_is_a_dead_letter_whatever_is_fixed()
    {
        byte[] payload = [0xFF, 1, 2];
        Assert.Equal(DeadLetterReason.MalformedPayload, Refusal(DecodeValue(Signal.Traces, payload, null, Fixed("otlp_proto")), payload).Reason);
        Assert.Equal(DeadLetterReason.WrongEncoding, Refusal(DecodeValue(Signal.Traces, payload, null, Fixed("otlp_json")), payload).Reason);
        Assert.Empty(DecodeValue(Signal.Traces, [], null, Fixed("otlp_json")));
    }

    [Fact]
    public void An_encoding_that_nobody_knows_is_reported_before_anything_starts()
    {
        var problem = Assert.Single(Fixed("protobuf").Problems(new FlowOptions()));
        Assert.Contains("OtelOrleans:Decoding:Encodings:otlp is 'protobuf'", problem, StringComparison.Ordinal);
        Assert.Contains("otlp_proto", problem, StringComparison.Ordinal);
    }

    private static DecodingOptions Fixed(string format) => new() { Encodings = { ["otlp"] = format } };
}
