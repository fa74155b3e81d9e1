using System.Net;

namespace OtelOrleans.Silo.Hosting;

/// <summary>How this silo finds the others and is found by them.</summary>
public sealed class ClusterOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "OtelOrleans:Cluster";

    /// <summary>Silos with the same id in the same database form one cluster (<c>CLUSTER_ID</c>).</summary>
    public string ClusterId { get; set; } = "otelorleans";

    /// <summary>Name of the service that the cluster runs (<c>SERVICE_ID</c>).</summary>
    public string ServiceId { get; set; } = "otelorleans";

    /// <summary>Address that other silos and grain clients reach this one at. Loopback keeps the cluster on one machine.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Port for the other silos. 1 to 65535.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port for grain clients. 1 to 65535.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>All that is wrong with the values, a line each.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, variable, value) in new[] { (nameof(ClusterId), "CLUSTER_ID", ClusterId), (nameof(ServiceId), "SERVICE_ID", ServiceId) })
        {
            if (string.IsNullOrWhiteSpace(value) || value.Length > 150)
            {
                yield return $"{Section}:{name} ({variable}) is '{value}': give a name of 1 to 150 characters";
            }
        }

        if (!IPAddress.TryParse(Address, out _))
        {
            yield return $"{Section}:{nameof(Address)} is '{Address}': give the IP address that the other silos reach this one at";
        }

        foreach (var (name, port) in new[] { (nameof(SiloPort), SiloPort), (nameof(GatewayPort), GatewayPort) })
        {
            if (port is < 1 or > 65535)
            {
                yield return $"{Section}:{name} is {port}: give a TCP port from 1 to 65535";
            }
        }
    }
}
