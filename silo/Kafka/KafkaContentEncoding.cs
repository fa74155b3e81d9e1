using System.Text;
using Confluent.Kafka;
using OtelOrleans.Grains.Decoding;

namespace OtelOrleans.Silo.Kafka;

/// <summary>How a record's value is compressed, by its header <c>content-encoding</c>.</summary>
internal static class KafkaContentEncoding
{
    public const string Header = "content-encoding";

    /// <summary>A name that is longer is none we know; enough of it is kept to be recognised in the dead letter.</summary>
    private const int MaxLength = 64;

    /// <summary>The header's value; null where there is none or it is empty. Names that are known cost no string per record. Of several headers the last one counts.</summary>
    public static string? Of(Headers? headers)
    {
        for (var i = (headers?.Count ?? 0) - 1; i >= 0; i--)
        {
            // Kafka's header keys have a case; those that came from HTTP have any.
            if (string.Equals(headers![i].Key, Header, StringComparison.OrdinalIgnoreCase))
            {
                return NameOf(headers[i].GetValueBytes());
            }
        }

        return null;
    }

    private static string? NameOf(byte[]? value)
    {
        if (value is null or [])
        {
            return null;
        }

        foreach (var name in PayloadEncodings.Names)
        {
            if (Ascii.EqualsIgnoreCase(value, name))
            {
                return name;
            }
        }

        return Encoding.UTF8.GetString(value.AsSpan(0, Math.Min(value.Length, MaxLength)));
    }
}
