using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Compressed values that are not what they were.</summary>
public sealed class PayloadDamageTests
{
    public static TheoryData<string, string, bool> Codecs => PayloadEncodingTests.Codecs;

    [Theory, MemberData(nameof(Codecs))]
    public void A_value_that_is_cut_off_is_a_dead_letter(string way, string header, bool hasMagic)
    {
        Assert.True(hasMagic || header.Length > 0);
        foreach (var file in new[] { "node-proto-metrics-0204.pb", "dotnet-frontend-traces-0005.pb" })
        {
            var whole = PayloadCodecs.Compress(way, File.ReadAllBytes(Corpus(file)));

            // Where a part ends that could be the last one, a cut cannot be seen; the rest is a payload of its own, as with a plain value.
            var borders = Enumerable.Range(1, whole.Length - 1).Where(i => IsBorder(way, whole, i)).ToHashSet();
            Assert.InRange(borders.Count, 0, 4);
            var step = Math.Max(1, whole.Length / 300);
            var cuts = Enumerable.Range(1, whole.Length / step - 1).Select(i => i * step).Concat(Enumerable.Range(1, 20)).Concat(Enumerable.Range(whole.Length - 20, 20));
            foreach (var length in cuts.Where(i => !borders.Contains(i)).Distinct())
            {
                var value = whole[..length];
                Assert.Equal((length, DeadLetterReason.DecompressionFailed), (length, Refusal(DecodeValue(SignalOf(file), value, header), value).Reason));
            }
        }
    }

    [Theory, MemberData(nameof(Codecs))]
    public void A_damaged_value_is_decoded_or_a_dead_letter_and_nothing_else(string way, string header, bool hasMagic)
    {
        const string file = "node-proto-logs-0206.pb";
        var payload = File.ReadAllBytes(Corpus(file));
        var whole = PayloadCodecs.Compress(way, payload);
        var random = new Random(7);
        using var decoder = NewDecoder();
        var refused = 0;
        var accepted = 0;
        for (var round = 0; round < 1500; round++)
        {
            var value = Damage(random, whole, round < 500 ? 32 : whole.Length);
            var batches = decoder.Decode(new("otlp", 3, 1, 1, [new(Offset, TimestampUnixMs, Signal.Logs, value, hasMagic && round % 2 == 0 ? null : header)]));
            var letters = Rows(batches, CopyLayouts.DeadLetters);
            if (letters.Any(l => l.Text("reason") is DeadLetterReason.DecompressionFailed or DeadLetterReason.DecompressionLimit or DeadLetterReason.MalformedPayload))
            {
                refused++;
            }
            else if (way is "gzip" or "zlib" or "snappy framed" or "lz4 with check sums" or "zstd with check sum")
            {
                // With a check sum, what is accepted is what was sent.
                Assert.Empty(letters);
                PayloadEncodingTests.AssertSame(Decode(Signal.Logs, payload), batches);
                accepted++;
            }
        }

        Assert.InRange(refused, 300, 1500);
        Assert.InRange(accepted, 0, 300);
        PayloadEncodingTests.AssertSame(Decode(Signal.Logs, payload), decoder.Decode(new("otlp", 3, 1, 1, [new(Offset, TimestampUnixMs, Signal.Logs, whole, header)])));
    }

    [Theory, MemberData(nameof(Codecs))]
    public void What_was_never_compressed_is_a_dead_letter(string way, string header, bool hasMagic)
    {
        var random = new Random(3);
        var magic = hasMagic ? PayloadCodecs.Compress(way, [1, 2, 3])[..4] : [];
        for (var round = 0; round < 300; round++)
        {
            var value = new byte[random.Next(1, 200)];
            random.NextBytes(value);
            magic.AsSpan(0, round % 2 == 0 ? Math.Min(magic.Length, value.Length) : 0).CopyTo(value);
            var batches = DecodeValue(Signal.Traces, value, header);
            if (way == "snappy")
            {
                // A raw block has no magic: a few random bytes can be one.
                Assert.DoesNotContain(batches, b => b.Batch.Tables.Any(t => t.Layout != CopyLayouts.DeadLetters.Id));
                continue;
            }

            var reason = Refusal(batches, value).Reason;
            Assert.True(reason is DeadLetterReason.DecompressionFailed or DeadLetterReason.DecompressionLimit, reason);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("lz4")]
    [InlineData("snappy framed")]
    public void What_follows_the_compressed_value_is_not_ignored(string way)
    {
        byte[] value = [.. PayloadCodecs.Compress(way, File.ReadAllBytes(Corpus("node-proto-metrics-0204.pb"))), 1, 2, 3, 4, 5, 6, 7, 8, 9];
        Assert.Equal(DeadLetterReason.DecompressionFailed, Refusal(DecodeValue(Signal.Metrics, value, null), value).Reason);
    }

    private static bool IsBorder(string way, byte[] whole, int at)
    {
        if (way.Contains("two", StringComparison.Ordinal))
        {
            return whole.AsSpan(at).StartsWith(whole.AsSpan(0, 4));
        }

        if (way == "snappy xerial")
        {
            var end = 16;
            while (end < at)
            {
                end += 4 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(whole.AsSpan(end));
            }

            return end == at;
        }

        if (way == "snappy framed")
        {
            var end = 0;
            while (end < at)
            {
                end += 4 + (whole[end + 1] | whole[end + 2] << 8 | whole[end + 3] << 16);
            }

            return end == at;
        }

        return false;
    }

    private static byte[] Damage(Random random, byte[] whole, int within)
    {
        List<byte> value = [.. whole];
        for (var k = random.Next(1, 4); k > 0; k--)
        {
            var at = random.Next(Math.Min(within, value.Count));
            switch (random.Next(4))
            {
                case 0:
                    value[at] = (byte)random.Next(256);
                    break;
                case 1:
                    value[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    value.RemoveRange(at, Math.Min(random.Next(1, 4), value.Count - at));
                    break;
                default:
                    value.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return [.. value];
    }
}
