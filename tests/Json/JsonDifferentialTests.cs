using System.Text.Json;
using Google.Protobuf;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Decoding;
using OtelOrleans.Tests.Infrastructure;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Json;

/// <summary>JSON with a few places changed, against Google's own parser: what both accept is the same in rows, and what one alone accepts, <c>proto/README.md</c> says.</summary>
public sealed class JsonDifferentialTests
{
    private const string RefusedAlike = "refused alike";
    private const string DecodedAlike = "decoded alike";

    [Theory]
    [InlineData(Signal.Traces)]
    [InlineData(Signal.Logs)]
    [InlineData(Signal.Metrics)]
    public void Changed_json_is_decoded_as_the_oracle_decodes_it_or_refused(Signal signal)
    {
        // Google's parser takes longer for JSON.
        var runs = DifferentialTests.Runs / 6;
        var seed = DifferentialTests.SeedOf(signal);
        var random = new Random(seed);
        var samples = CorpusFiles.Json.Where(f => CorpusFiles.SignalOf(f) == signal).Select(File.ReadAllBytes).ToArray();
        var tally = new Dictionary<string, int>();
        for (var i = 0; i < runs; i++)
        {
            var payload = JsonMutations.Mutate(random, samples[i % samples.Length]);
            try
            {
                var outcome = Compare(signal, payload);
                tally[outcome] = tally.GetValueOrDefault(outcome) + 1;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, run {i}, payload {Convert.ToBase64String(payload)}: {e}");
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{signal} in JSON, seed {seed}: {string.Join(", ", tally.OrderByDescending(t => t.Value).Select(t => $"{t.Value} {t.Key}"))}");
        Assert.True(tally[DecodedAlike] > runs / 20);
        Assert.True(tally[RefusedAlike] > runs / 20);
    }

    private static string Compare(Signal signal, byte[] payload)
    {
        var batches = Decode(signal, payload);
        var refusal = Rows(batches, CopyLayouts.DeadLetters).FirstOrDefault(l => l["item_index"] is null);
        IMessage message;
        try
        {
            message = JsonOracle.Parse(signal, payload);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            return refusal is not null ? RefusedAlike : Documented(e);
        }

        if (refusal is not null)
        {
            // Google's reads a number that is an integer only once it is rounded to a double.
            Assert.Contains("is not an integer", refusal.Text("error"), StringComparison.Ordinal);
            return "refused a number that is no integer";
        }

        List<string> expected = StoredPayload.Sorted(StoredPayload.Expected(signal, message.ToByteArray())), stored = StoredPayload.Sorted(StoredPayload.Stored(batches));
        if (!expected.SequenceEqual(stored) && JsonOracle.HasKeyAgain(payload))
        {
            // Google's merges messages then, and continues lists.
            return "a key that comes again";
        }

        Assert.Equal(expected, stored);
        return DecodedAlike;
    }

    // What we accept and the oracle does not.
    private static string Documented(Exception refusal)
    {
        if (refusal is InvalidOperationException && refusal.Message.Contains("UTF-8", StringComparison.Ordinal))
        {
            return "repaired UTF-8";
        }

        if (refusal is InvalidProtocolBufferException && refusal.Message.Contains("Invalid numeric value", StringComparison.Ordinal))
        {
            return "zeros in front of a number in quotes";
        }

        if (refusal is InvalidJsonException && refusal.Message.Contains("umeric", StringComparison.Ordinal))
        {
            return "a number beyond a double in a field that nobody knows";
        }

        Assert.True(refusal is FormatException && refusal.Message.Contains("hex", StringComparison.Ordinal), refusal.ToString());
        return "an id that is not hex";
    }
}
