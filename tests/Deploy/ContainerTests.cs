using System.Text.RegularExpressions;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Tests.Infrastructure;
using YamlDotNet.RepresentationModel;

namespace OtelOrleans.Tests.Deploy;

/// <summary>Image and compose file agree with what a silo does by default, and expose nothing beyond this machine.</summary>
public sealed class ContainerTests
{
    private static readonly string Dockerfile = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "Dockerfile"));
    private static readonly YamlMappingNode Compose = Yaml.Load("docker-compose.yml");
    private static readonly YamlNode[] Silos = [.. Compose.At("services").Keys().Where(s => s.StartsWith("silo-", StringComparison.Ordinal)).Select(s => Compose.At("services", s))];

    [Fact]
    public void Image_runs_a_silo_as_nobody_in_particular_and_asks_it_for_its_health()
    {
        Assert.Equal(ExpectedPorts.All, Line("EXPOSE").Split(' '));
        Assert.Equal("$APP_UID", Line("USER"));
        Assert.Equal("""["dotnet", "otelorleans.dll"]""", Line("ENTRYPOINT"));
        Assert.EndsWith("""CMD ["dotnet", "otelorleans.dll", "healthcheck"]""", Line("HEALTHCHECK"), StringComparison.Ordinal);
        Assert.Contains("-chiseled", Line("FROM"), StringComparison.Ordinal);
        Assert.Contains($"HTTP_URL=http://0.0.0.0:{ExpectedPorts.All[0]}", Dockerfile, StringComparison.Ordinal);
    }

    [Fact]
    public void Image_is_built_from_every_project_that_the_silo_refers_to()
    {
        var projects = Directory.GetFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories).Where(p => !p.Contains("/obj/", StringComparison.Ordinal))
            .Select(p => Path.GetRelativePath(Repository.Root, p)).Where(p => !p.StartsWith("tests", StringComparison.Ordinal));

        Assert.All(projects, p => Assert.Contains($"COPY {p} {Path.GetDirectoryName(p)}/packages.lock.json {Path.GetDirectoryName(p)}/\n", Dockerfile, StringComparison.Ordinal));
        Assert.All(projects, p => Assert.Contains($"COPY {Path.GetDirectoryName(p)} {Path.GetDirectoryName(p)}\n", Dockerfile, StringComparison.Ordinal));
    }

    [Fact]
    public void Compose_publishes_every_port_on_loopback_only()
    {
        var services = Compose.At("services");
        var ports = services.Keys().Select(s => services.At(s).Find("ports")).OfType<YamlSequenceNode>().SelectMany(p => p.Items()).Select(p => p.Text()).ToList();

        Assert.NotEmpty(ports);
        Assert.All(ports, p => Assert.StartsWith("127.0.0.1:", p, StringComparison.Ordinal));
    }

    [Fact]
    public void Three_silos_have_addresses_of_their_own_and_time_to_drain()
    {
        Assert.Equal(3, Silos.Length);
        var addresses = Silos.Select(s => s.At("environment", "OTELORLEANS__Cluster__Address").Text()).ToList();
        Assert.Equal(3, addresses.Distinct().Count());
        Assert.Equal(addresses, Silos.Select(s => s.At("networks", "default", "ipv4_address").Text()));
        Assert.All(Silos, s => Assert.True(int.Parse(s.At("stop_grace_period").Text().TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture) > SiloHost.ShutdownTimeout.TotalSeconds));
        Assert.All(Silos, s => Assert.Equal("true", s.At("read_only").Text()));
        Assert.All(Silos, s => Assert.Equal("ALL", s.At("cap_drop", 0).Text()));
    }

    [Fact]
    public void Every_variable_of_a_silo_is_an_option() =>
        Assert.All(Silos, s => Assert.All(s.At("environment").Keys(), v => Assert.True(OptionNames.Knows(v), v)));

    [Fact]
    public void Load_is_made_only_when_asked_for()
    {
        var services = Compose.At("services");
        var loads = services.Keys().Where(s => s.StartsWith("load-", StringComparison.Ordinal)).ToList();

        Assert.Equal(["load-traces", "load-logs", "load-metrics"], loads);
        Assert.All(loads, l => Assert.Equal("load", services.At(l, "profiles", 0).Text()));
    }

    /// <summary>The last line of the image's stage that begins with an instruction.</summary>
    private static string Line(string instruction) => Regex.Matches(Dockerfile, $"^{instruction} (.*)$", RegexOptions.Multiline)[^1].Groups[1].Value;
}
