using System.Globalization;
using Google.Protobuf;
using OpenTelemetry.Proto.Logs.V1;
using OpenTelemetry.Proto.Metrics.V1;
using OpenTelemetry.Proto.Trace.V1;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Tests.Infrastructure;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>
/// Payloads with a few bytes changed: what Google.Protobuf accepts we store alike, what it refuses we refuse, but for the differences that <c>proto/README.md</c> lists; and nothing
/// but <c>MalformedPayloadException</c> is ever thrown. <c>make fuzz N=100000</c> runs longer, <c>CORPUS=folder</c> on other payloads.
/// </summary>
public sealed class DifferentialTests
{
    private const string RunsVariable = "OTELORLEANS_FUZZ_RUNS";
    private const int DefaultRuns = 6_000;

    // A changed wire type can make the only item of a payload one of another signal.
    private const string OtherSignal = "refused for its signal";

    // A value that a later one of the same field replaces, or a field of a oneof, or what a metric without points says.
    private const string Unread = "accepted, broken where nothing is read";

    /// <summary>Payloads to try, of all signals.</summary>
    internal static int Runs { get; } = int.Parse(Environment.GetEnvironmentVariable(RunsVariable) ?? $"{DefaultRuns}", CultureInfo.InvariantCulture);

    /// <summary>In the suite always the same; else another each time, and told.</summary>
    internal static int SeedOf(Signal signal) => Runs == DefaultRuns ? (int)signal : Environment.TickCount;

    [Theory]
    [InlineData(Signal.Traces)]
    [InlineData(Signal.Logs)]
    [InlineData(Signal.Metrics)]
    public void A_changed_payload_is_decoded_as_the_oracle_decodes_it_or_refused_as_it_refuses_it(Signal signal)
    {
        var runs = Runs / 3;
        var seed = SeedOf(signal);
        var random = new Random(seed);
        var real = CorpusFiles.Protobuf.Where(f => CorpusFiles.SignalOf(f) == signal).Select(f => Mutations.Small(File.ReadAllBytes(f))).ToArray();
        var tally = new Dictionary<string, int>();
        for (var i = 0; i < runs; i++)
        {
            var sample = i % 2 == 0 && real.Length > 0 ? real[i / 2 % real.Length] : Generated(signal, random.Next());
            if (sample.Length == 0)
            {
                continue;
            }

            var payload = Mutations.Mutate(random, sample);
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

        TestContext.Current.SendDiagnosticMessage($"{signal}, seed {seed}: {string.Join(", ", tally.OrderByDescending(t => t.Value).Select(t => $"{t.Value} {t.Key}"))}");
        Assert.True(tally.GetValueOrDefault(Unread) <= Math.Max(runs / 100, 3), "more is left unread than can be");
        Assert.True(tally.GetValueOrDefault(OtherSignal) <= Math.Max(runs / 100, 3), "more looks like another signal than can");
        Assert.True(tally["decoded alike"] > runs / 20);
        Assert.True(tally["refused alike"] > runs / 20);
    }

    private static byte[] Generated(Signal signal, int seed)
    {
        var messages = new RandomMessages(seed);
        return signal switch
        {
            Signal.Traces => Traces("shop", messages.Next<Span>()).ToByteArray(),
            Signal.Logs => Logs("shop", messages.Next<LogRecord>()).ToByteArray(),
            _ => Metrics("shop", messages.NextMetric()).ToByteArray(),
        };
    }

    private static string Compare(Signal signal, byte[] payload)
    {
        var batches = Decode(signal, payload);
        foreach (var batch in batches)
        {
            // Rows must be well formed whatever was in the payload.
            foreach (var table in batch.Batch.Tables)
            {
                Assert.True(CopyLayouts.TryGet(table.Layout, out var layout));
                Assert.Equal(table.RecordRows.Sum(), RowReader.Of(batch.Batch, layout).Count);
            }
        }

        if (Rows(batches, CopyLayouts.DeadLetters).Any(l => l.Text("reason") == DeadLetterReason.WrongSignal))
        {
            return OtherSignal;
        }

        var isRefused = Rows(batches, CopyLayouts.DeadLetters).Any(l => l.Text("reason") == DeadLetterReason.MalformedPayload);
        List<StoredPayload.Item> expected;
        try
        {
            expected = StoredPayload.Expected(signal, payload);
        }
        catch (InvalidProtocolBufferException refusal)
        {
            return isRefused ? "refused alike" : Documented(batches, refusal);
        }

        if (isRefused)
        {
            // Google's C# reader takes the low 32 bits of a tag or length that has more; its others refuse it, as we do.
            var error = Rows(batches, CopyLayouts.DeadLetters).First(l => l.Text("reason") == DeadLetterReason.MalformedPayload).Text("error")!;
            Assert.True(error.StartsWith("No field has the tag", StringComparison.Ordinal) || error.StartsWith("A length of", StringComparison.Ordinal), $"the oracle accepts it, we say: {error}");
            return "refused a tag or length beyond 32 bits";
        }

        if (Rows(batches, CopyLayouts.Exemplars).Count > 0 && HasTwins(batches))
        {
            return "exemplars of points at one time";
        }

        Assert.Equal(StoredPayload.Sorted(expected), StoredPayload.Sorted(StoredPayload.Stored(batches)));
        return "decoded alike";
    }

    // What we accept and the oracle does not.
    private static string Documented(IReadOnlyList<DecodedBatch> batches, InvalidProtocolBufferException refusal)
    {
        if (refusal.ToString().Contains("UTF-8", StringComparison.Ordinal) || refusal.ToString().Contains("Unicode", StringComparison.Ordinal))
        {
            return "repaired UTF-8";
        }

        return Rows(batches, CopyLayouts.DeadLetters).Count > 0 ? "refused an item for its ids, unread" : Unread;
    }

    private static bool HasTwins(IReadOnlyList<DecodedBatch> batches) =>
        new[] { CopyLayouts.NumberPoints, CopyLayouts.HistogramPoints, CopyLayouts.ExponentialHistogramPoints }
            .SelectMany(l => Rows(batches, l)).GroupBy(r => (r["series_id"], r["time"], r["time_ns"])).Any(g => g.Count() > 1);
}
