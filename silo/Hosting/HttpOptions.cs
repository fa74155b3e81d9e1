using System.Net;

namespace OtelOrleans.Silo.Hosting;

/// <summary>Where health, metrics and dashboard are served, and to whom.</summary>
public sealed class HttpOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Http";

    /// <summary>Too long to be found by trying, at the rate that one machine answers.</summary>
    private const int LeastTokenLength = 16;

    private const int LeastPasswordLength = 8;

    /// <summary>Address and port to listen on (<c>HTTP_URL</c>). Beyond loopback nothing but health is served as long as there are no credentials.</summary>
    public string Url { get; set; } = "http://127.0.0.1:8080";

    /// <summary>Who sends it as <c>Authorization: Bearer</c>, or as the password of any user, sees everything (<c>HTTP_TOKEN</c>). At least 16 characters. Never printed.</summary>
    public string Token { get; set; } = "";

    /// <summary>Name to log in with from a browser (<c>HTTP_USER</c>).</summary>
    public string User { get; set; } = "";

    /// <summary>Its password (<c>HTTP_PASSWORD</c>). At least 8 characters. Never printed.</summary>
    public string Password { get; set; } = "";

    /// <summary>Whether whoever comes must say who he is, health excepted.</summary>
    public bool HasCredentials => Token.Length > 0 || Password.Length > 0;

    /// <summary>Whether only this machine can reach the address.</summary>
    public bool IsLoopback => Uri.TryCreate(Url, UriKind.Absolute, out var url) && (url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address)));

    /// <summary>Whether anything but health is served.</summary>
    public bool ServesAll => IsLoopback || HasCredentials;

    /// <summary>All that is wrong with the values, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp || (url.HostNameType is UriHostNameType.Dns && url.Host != "localhost"))
        {
            yield return $"{Section}:{nameof(Url)} (HTTP_URL) is '{Url}': give http://IP-ADDRESS:PORT, e.g. http://127.0.0.1:8080, or http://0.0.0.0:8080 for all interfaces";
        }

        // What a header cannot carry unchanged would be refused for ever.
        if (Token.Length > 0 && (Token.Length < LeastTokenLength || Token.Any(c => c is <= ' ' or > '~')))
        {
            yield return $"{Section}:{nameof(Token)} (HTTP_TOKEN) cannot be used: give {LeastTokenLength} or more ASCII characters without blanks, e.g. of `openssl rand -hex 32`";
        }

        if (Password.Length is > 0 and < LeastPasswordLength || Password.Any(char.IsControl))
        {
            yield return $"{Section}:{nameof(Password)} (HTTP_PASSWORD) cannot be used: give {LeastPasswordLength} or more characters";
        }

        if (User.Length > 0 != Password.Length > 0)
        {
            yield return $"{Section}:{nameof(User)} (HTTP_USER) and {Section}:{nameof(Password)} (HTTP_PASSWORD) go together: one of them is empty";
        }

        if (User.Any(c => c == ':' || char.IsControl(c)))
        {
            yield return $"{Section}:{nameof(User)} (HTTP_USER) is '{User}': give a name without colons";
        }
    }
}
