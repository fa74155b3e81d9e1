using OtelOrleans.GrainInterfaces;
using OtelOrleans.Proto.Json;
using static OtelOrleans.Tests.Json.JsonPayloads;

namespace OtelOrleans.Tests.Json;

/// <summary>JSON made to cost more than it is worth.</summary>
public sealed class HostileJsonTests
{
    [Fact]
    public void Keys_that_come_again_around_something_large_are_refused_when_moving_it_costs_too_much()
    {
        // At each of 50 levels 6 small values stand before a list that holds the rest, and come again after it.
        const string before = "\"stringValue\":\"a\",\"boolValue\":true,\"intValue\":1,\"doubleValue\":1,\"bytesValue\":\"AA==\",";
        var json = Spans($"{Ids},\"attributes\":[{{\"key\":\"k\",\"value\":{Nested(50)}}}]");
        Assert.Contains("come again", Refusal(json), StringComparison.Ordinal);

        string Nested(int level) => level == 0
            ? $"{{\"stringValue\":\"{new string('x', 200_000)}\"}}"
            : $"{{{before}\"arrayValue\":{{\"values\":[{Nested(level - 1)}]}},{before[..^1]}}}";
    }

    [Fact]
    public void Lists_in_lists_around_something_large_keep_their_memory_in_proportion()
    {
        var json = Spans($"{Ids},\"attributes\":[{{\"key\":\"k\",\"value\":{Repeat("{\"arrayValue\":{\"values\":[", 60)}{{\"stringValue\":\"{new string('x', 4_000_000)}\"}}{Repeat("]}}", 60)}}}]");
        var transcoder = new OtlpJsonTranscoder();
        Transcode(transcoder, Signal.Traces, json);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.InRange(Transcode(transcoder, Signal.Traces, json).Length, 4_000_000, json.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 6L * json.Length);
    }

    [Fact]
    public void Deeper_lists_than_are_read_are_refused_at_once()
    {
        foreach (var open in new[] { "[", "{\"a\":", "{\"resourceSpans\":[", "{\"values\":[{\"arrayValue\":" })
        {
            Assert.Contains("deeper", Refusal(Utf8("{\"x\":" + Repeat(open, 50_000))), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Numbers_of_a_million_digits_are_read_or_refused()
    {
        var digits = new string('1', 1_000_000);
        Assert.Contains("integer", Refusal(Spans($"{Ids},\"startTimeUnixNano\":{digits}")), StringComparison.Ordinal);
        Assert.Contains("integer", Refusal(Spans($"{Ids},\"startTimeUnixNano\":\"1e{digits}\"")), StringComparison.Ordinal);
        Assert.Equal(1ul, Span($"{Ids},\"startTimeUnixNano\":1.{new string('0', 1_000_000)}").StartTimeUnixNano);
        Assert.Equal(0.1111111111111111, Value($"\"doubleValue\":0.{digits}").DoubleValue);
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
