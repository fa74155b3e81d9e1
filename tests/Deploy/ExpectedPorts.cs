using System.Globalization;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Tests.Deploy;

/// <summary>The ports that a silo listens on by default.</summary>
internal static class ExpectedPorts
{
    public static readonly IReadOnlyList<string> All = [Text(new Uri(new HttpOptions().Url).Port), Text(new ClusterOptions().SiloPort), Text(new ClusterOptions().GatewayPort)];

    /// <summary>The same under these names, in order of name.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(params string[] names) => names.Zip(All, KeyValuePair.Create).OrderBy(p => p.Key, StringComparer.Ordinal);

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
