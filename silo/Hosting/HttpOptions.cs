using System.Net;

namespace OtelOrleans.Silo.Hosting;

/// <summary>Where health and dashboard are served.</summary>
public sealed class HttpOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Http";

    /// <summary>Address and port to listen on (<c>HTTP_URL</c>). The dashboard is served only on loopback addresses.</summary>
    public string Url { get; set; } = "http://127.0.0.1:8080";

    /// <summary>All that is wrong with the values, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp || (url.HostNameType is UriHostNameType.Dns && url.Host != "localhost"))
        {
            yield return $"{Section}:{nameof(Url)} (HTTP_URL) is '{Url}': give http://IP-ADDRESS:PORT, e.g. http://127.0.0.1:8080, or http://0.0.0.0:8080 for all interfaces";
        }
    }

    /// <summary>Whether only this machine can reach the address.</summary>
    public bool IsLoopback => Uri.TryCreate(Url, UriKind.Absolute, out var url) && (url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address)));
}
