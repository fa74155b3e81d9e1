using Google.Protobuf;
using static OtelOrleans.Tests.Decoding.Payloads;

namespace OtelOrleans.Tests.Decoding;

/// <summary>Payloads with a few bytes changed.</summary>
internal static class Mutations
{
    /// <summary>Up to three bytes changed, taken out or put in.</summary>
    public static byte[] Mutate(Random random, byte[] sample)
    {
        List<byte> payload = [.. sample];
        for (var k = random.Next(1, 4); k > 0; k--)
        {
            var at = random.Next(payload.Count);
            switch (random.Next(5))
            {
                case 0:
                    payload[at] = (byte)random.Next(256);
                    break;
                case 1:
                    payload[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    payload[at] = 0xFF;
                    break;
                case 3:
                    payload.RemoveRange(at, Math.Min(random.Next(4), payload.Count - at));
                    break;
                default:
                    payload.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return [.. payload];
    }

    /// <summary>Resource, scope and the first few items of a payload, with their own bytes: more of the mutations hit what is inside.</summary>
    public static byte[] Small(byte[] payload)
    {
        if (payload.Length == 0)
        {
            return payload;
        }

        var resource = Fields(payload)[0];
        var parts = Fields(Inner(resource)).ToLookup(f => f[0]);
        if (!parts.Contains(0x12))
        {
            return payload;
        }

        var scope = Fields(Inner(parts[0x12].First()));
        return Field(1, Join([.. parts[0x0A]]), Field(2, Join([.. scope.Where(f => f[0] == 0x0A), .. scope.Where(f => f[0] == 0x12).Take(3)])));
    }

    private static byte[] Inner(byte[] field)
    {
        using var input = new CodedInputStream(field);
        input.ReadTag();
        return input.ReadBytes().ToByteArray();
    }
}
