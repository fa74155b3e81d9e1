namespace OtelOrleans.Tests.Json;

/// <summary>JSON with a few places changed.</summary>
internal static class JsonMutations
{
    /// <summary>Up to three places changed.</summary>
    public static byte[] Mutate(Random random, byte[] sample)
    {
        // Bytes that mean something in JSON more often than others.
        var structure = "{}[]\",:\\u0123456789eE.-+ntf\n "u8;
        List<byte> payload = [.. sample];
        for (var k = random.Next(1, 4); k > 0; k--)
        {
            var at = random.Next(payload.Count);
            var count = Math.Min(random.Next(1, 30), payload.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    payload[at] = (byte)random.Next(256);
                    break;
                case 1:
                    payload[at] = structure[random.Next(structure.Length)];
                    break;
                case 2:
                    payload.Insert(at, structure[random.Next(structure.Length)]);
                    break;
                case 3:
                    payload.RemoveRange(at, count);
                    break;
                case 4:
                    payload.InsertRange(at, payload.GetRange(random.Next(payload.Count - count + 1), count));
                    break;
                default:
                    // Digits and letters within values keep the structure whole.
                    payload[at] = char.IsAsciiLetterOrDigit((char)payload[at]) ? (byte)random.Next('0', 'z') : payload[at];
                    break;
            }
        }

        return [.. payload];
    }
}
