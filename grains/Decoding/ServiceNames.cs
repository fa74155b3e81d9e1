using System.Text;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From a resource's <c>service.name</c> to the name that rows and aggregators carry.</summary>
internal static class ServiceNames
{
    /// <summary>The service of resources that do not name one, and of payloads that cannot be read.</summary>
    public const string Unknown = "unknown_service";

    /// <summary>UTF-16 units. The name is in indexes, whose rows may take 2,704 bytes; 255 is OpenTelemetry's own limit for names.</summary>
    public const int MaxLength = 255;

    /// <summary>The name, repaired and cut; <see cref="Unknown"/> if blank.</summary>
    public static string Of(ReadOnlySpan<byte> utf8)
    {
        // A key that is not valid UTF-16 could not be the key of a grain, and NUL not a value in Postgres.
        var name = Encoding.UTF8.GetString(utf8).Replace('\0', '\uFFFD');
        if (string.IsNullOrWhiteSpace(name))
        {
            return Unknown;
        }

        if (name.Length <= MaxLength)
        {
            return name;
        }

        var end = char.IsHighSurrogate(name[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        var cut = name[..end];
        return string.IsNullOrWhiteSpace(cut) ? Unknown : cut;
    }
}
