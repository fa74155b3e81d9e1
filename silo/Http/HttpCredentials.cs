using System.Security.Cryptography;
using System.Text;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Silo.Http;

/// <summary>
/// Whether a header <c>Authorization</c> holds what the options ask for: <c>Bearer TOKEN</c>, <c>Basic</c> with user and password, or <c>Basic</c> with any user and the token, so
/// that a browser can log in where only a token is set.
/// </summary>
internal sealed class HttpCredentials(HttpOptions options)
{
    /// <summary>How to come in, for a client that was refused.</summary>
    public string[] Challenges { get; } = options.Token.Length > 0 ? [Basic, Bearer] : [Basic];

    private const string Basic = "Basic realm=\"OtelOrleans\", charset=\"UTF-8\"";
    private const string Bearer = "Bearer realm=\"OtelOrleans\"";

    private readonly byte[]? _token = options.Token.Length > 0 ? Hash(options.Token) : null;
    private readonly byte[]? _login = options.Password.Length > 0 ? Hash($"{options.User}:{options.Password}") : null;

    /// <summary>Whether the header lets its sender in.</summary>
    public bool Accept(string? authorization)
    {
        var blank = authorization?.IndexOf(' ', StringComparison.Ordinal) ?? -1;
        if (blank < 0)
        {
            return false;
        }

        var value = authorization![(blank + 1)..].Trim();
        return authorization[..blank].ToUpperInvariant() switch
        {
            "BEARER" => AreEqual(_token, value),
            "BASIC" => AcceptLogin(value),
            _ => false,
        };
    }

    private bool AcceptLogin(string base64)
    {
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length))
        {
            return false;
        }

        // Both are looked at whatever the first says: how long it takes tells nothing.
        var login = Encoding.UTF8.GetString(bytes, 0, length);
        return AreEqual(_login, login) | AreEqual(_token, login[(login.IndexOf(':', StringComparison.Ordinal) + 1)..]);
    }

    // Of hashes: comparing takes as long whatever the lengths, and the first different byte tells nothing of the secret.
    private static bool AreEqual(byte[]? expected, string given) => expected is not null && CryptographicOperations.FixedTimeEquals(expected, Hash(given));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
