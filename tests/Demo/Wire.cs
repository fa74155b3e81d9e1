namespace OtelOrleans.Tests.Demo;

/// <summary>Just enough of protobuf's wire format to ask whether a payload holds a field.</summary>
internal static class Wire
{
    /// <summary>Tells whether the message has this field; every number but the last names a nested message.</summary>
    public static bool Has(ReadOnlySpan<byte> message, params ReadOnlySpan<int> path)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var (field, kind) = ((int)(tag >> 3), (int)(tag & 7));
            var length = kind switch
            {
                1 => 8,
                5 => 4,
                2 => (int)Varint(message, ref at),
                _ => 0,
            };
            if (kind == 0)
            {
                Varint(message, ref at);
            }

            if (field == path[0] && (path.Length == 1 || Has(message.Slice(at, length), path[1..])))
            {
                return true;
            }

            at += length;
        }

        return false;
    }

    /// <summary>Tells whether the bytes hold this text.</summary>
    public static bool Says(ReadOnlySpan<byte> message, string text) => message.IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0;

    private static ulong Varint(ReadOnlySpan<byte> from, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = from[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
