using System.Globalization;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Tests.Infrastructure;
using YamlDotNet.RepresentationModel;

namespace OtelOrleans.Tests.Deploy;

/// <summary>The manifests agree with what a silo does by default, with each other, and with what a careful cluster demands of a pod.</summary>
public sealed class KubernetesTests
{
    private static readonly string[] Files = [.. Directory.GetFiles(Path.Combine(Repository.Root, "deploy", "kubernetes"), "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static readonly YamlMappingNode Deployment = Manifest("deployment.yaml");
    private static readonly YamlNode Pod = Deployment.At("spec", "template", "spec");
    private static readonly YamlNode Silo = Pod.At("containers", 0);

    [Fact]
    public void Kustomization_names_every_manifest()
    {
        var named = Manifest("kustomization.yaml").At("resources").Items().Select(r => r.Text()).Append("kustomization.yaml").Order(StringComparer.Ordinal);

        Assert.Equal(Files, named);
        Assert.All(Files, f => Assert.NotEmpty(Manifest(f).At("apiVersion").Text() + Manifest(f).At("kind").Text()));
        Assert.All(Files.Where(f => f != "kustomization.yaml"), f => Assert.Equal("otelorleans", Manifest(f).At("metadata", "name").Text()));
    }

    [Fact]
    public void Ports_are_those_that_a_silo_listens_on()
    {
        var ports = Silo.At("ports").Items().ToDictionary(p => p.At("name").Text(), p => p.At("containerPort").Text());

        Assert.Equal(ExpectedPorts.Of("http", "silo", "gateway"), ports.OrderBy(p => p.Key, StringComparer.Ordinal));
        Assert.Equal("http", Manifest("service.yaml").At("spec", "ports", 0, "targetPort").Text());
        Assert.Equal(ports["http"], Deployment.At("spec", "template", "metadata", "annotations", "prometheus.io/port").Text());
        var admitted = Manifest("networkpolicy.yaml").At("spec", "ingress").Items().SelectMany(rule => rule.At("ports").Items().Select(p => p.At("port").Text())).Distinct();
        Assert.Equal(ports.Values.Order(), admitted.Order());
        Assert.Equal($":{ports["http"]}", Manifest("configmap.yaml").At("data", "HTTP_URL").Text()[^5..]);
    }

    [Fact]
    public void Silos_are_reached_by_silos_and_grain_clients_alone()
    {
        var rules = Manifest("networkpolicy.yaml").At("spec", "ingress").Items();

        Assert.All(rules.Where(r => r.At("ports").Items().Any(p => p.At("port").Text() == "11111")), r => Assert.Equal("otelorleans", r.At("from", 0, "podSelector", "matchLabels", "app.kubernetes.io/name").Text()));
        Assert.All(rules.Where(r => r.At("ports").Items().Any(p => p.At("port").Text() == "30000")), r => Assert.NotNull(r.At("from", 0).Find("podSelector")));
    }

    [Fact]
    public void Liveness_asks_nobody_and_readiness_asks_for_progress()
    {
        Assert.Equal(("/healthz/live", "http"), Probe("livenessProbe"));
        Assert.Equal(("/healthz/live", "http"), Probe("startupProbe"));
        Assert.Equal(("/healthz/ready", "http"), Probe("readinessProbe"));

        static (string Path, string Port) Probe(string name) => (Silo.At(name, "httpGet", "path").Text(), Silo.At(name, "httpGet", "port").Text());
    }

    [Fact]
    public void Pod_is_given_the_time_to_drain() =>
        Assert.True(int.Parse(Pod.At("terminationGracePeriodSeconds").Text(), CultureInfo.InvariantCulture) > SiloHost.ShutdownTimeout.TotalSeconds);

    [Fact]
    public void Pod_has_no_right_that_it_does_not_need()
    {
        Assert.Equal("false", Pod.At("automountServiceAccountToken").Text());
        Assert.Equal("true", Pod.At("securityContext", "runAsNonRoot").Text());
        Assert.Equal("false", Silo.At("securityContext", "allowPrivilegeEscalation").Text());
        Assert.Equal("true", Silo.At("securityContext", "readOnlyRootFilesystem").Text());
        Assert.Equal("ALL", Silo.At("securityContext", "capabilities", "drop", 0).Text());
        Assert.NotNull(Silo.At("resources", "limits").Find("memory"));
    }

    [Fact]
    public void Every_variable_is_an_option_and_secrets_come_from_a_secret()
    {
        var variables = Silo.At("env").Items().ToDictionary(v => v.At("name").Text());
        var plain = Manifest("configmap.yaml").At("data").Keys();

        Assert.All(variables.Keys.Concat(plain).Where(v => v != "POD_IP"), v => Assert.True(OptionNames.Knows(v), v));
        string[] secrets = ["HTTP_PASSWORD", "HTTP_TOKEN", "POSTGRES_PASSWORD"];
        Assert.Empty(plain.Intersect(secrets));
        Assert.All(variables.Where(v => secrets.Contains(v.Key)), v => Assert.NotNull(v.Value.At("valueFrom").Find("secretKeyRef")));
        Assert.Equal("status.podIP", variables["POD_IP"].At("valueFrom", "fieldRef", "fieldPath").Text());
        Assert.Equal("$(POD_IP)", variables["OTELORLEANS__Cluster__Address"].At("value").Text());
    }

    [Fact]
    public void Everything_selects_the_pods_of_the_deployment()
    {
        YamlNode[] selectors =
        [
            Deployment.At("spec", "selector", "matchLabels"), Deployment.At("spec", "template", "metadata", "labels"), Manifest("service.yaml").At("spec", "selector"),
            Manifest("poddisruptionbudget.yaml").At("spec", "selector", "matchLabels"), Manifest("networkpolicy.yaml").At("spec", "podSelector", "matchLabels"),
        ];

        Assert.All(selectors, s => Assert.Equal("otelorleans", s.At("app.kubernetes.io/name").Text()));
        Assert.Equal("1", Manifest("poddisruptionbudget.yaml").At("spec", "maxUnavailable").Text());
    }

    private static YamlMappingNode Manifest(string file) => Yaml.Load("deploy", "kubernetes", file);
}
