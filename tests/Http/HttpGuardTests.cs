using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Http;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Http;

/// <summary>Who is let in to what.</summary>
public sealed class HttpGuardTests
{
    private const string Token = "a-token-of-thirty-two-characters";
    private const string Beyond = "http://0.0.0.0:8080";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_has_no_token_gets_401_everywhere_but_health()
    {
        await using var silo = StartSilo(("HTTP_TOKEN", Token));
        using var client = new HttpClient { BaseAddress = new Uri(silo.HttpUrl) };
        var (health, rest) = Endpoints();

        Assert.Equal(["/health", "/healthz/live", "/healthz/ready"], health);
        Assert.Contains(rest, path => path.StartsWith("/dashboard", StringComparison.Ordinal));
        foreach (var path in health)
        {
            Assert.Contains(await StatusAsync(client, HttpMethod.Get, path), new[] { HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable });
        }

        foreach (var path in rest.Concat(["/", "/no/such/path", "/HEALTHZ", "/health/../dashboard", "/healthz/%2e%2e/dashboard", "/healthz/live/x"]))
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head, HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Options })
            {
                Assert.True(await StatusAsync(client, method, path) == HttpStatusCode.Unauthorized, $"{method} {path}");
            }
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, HttpMethod.Post, "/health"));
    }

    [Fact]
    public async Task Whoever_has_the_token_sees_the_dashboard()
    {
        await using var silo = StartSilo(("HTTP_TOKEN", Token));
        using var client = new HttpClient { BaseAddress = new Uri(silo.HttpUrl) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, HttpMethod.Get, "/dashboard/"));
    }

    [Fact]
    public async Task Browser_is_asked_for_name_and_password_and_let_in_with_them()
    {
        await using var door = await DoorAsync(new() { Url = Beyond, User = "ops", Password = "päss:wörd" });

        using var refused = await door.Client.GetAsync("/", Ct);
        Assert.Equal("Basic", Assert.Single(refused.Headers.WwwAuthenticate).Scheme);
        Assert.Equal(HttpStatusCode.OK, await door.LoginAsync("ops", "päss:wörd"));
        Assert.Equal(HttpStatusCode.Unauthorized, await door.LoginAsync("ops", "päss:wörd "));
        Assert.Equal(HttpStatusCode.Unauthorized, await door.LoginAsync("op", "s:päss:wörd"));
        Assert.Equal(HttpStatusCode.Unauthorized, await door.LoginAsync("", ""));
    }

    [Fact]
    public async Task Browser_can_log_in_with_the_token_as_password_of_any_name()
    {
        await using var door = await DoorAsync(new() { Url = Beyond, Token = Token });

        Assert.Equal(HttpStatusCode.OK, await door.LoginAsync("anybody", Token));
        Assert.Equal(HttpStatusCode.Unauthorized, await door.LoginAsync(Token, ""));
        Assert.Equal(HttpStatusCode.OK, await door.AskAsync($"bearer {Token}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer a-token-of-thirty-two-character")]
    [InlineData("Bearer a-token-of-thirty-two-charactersx")]
    [InlineData("Basic")]
    [InlineData("Basic !")]
    [InlineData("Basic Og==")]
    [InlineData("Digest a-token-of-thirty-two-characters")]
    [InlineData("a-token-of-thirty-two-characters")]
    public async Task Nothing_but_the_whole_token_is_let_in(string authorization)
    {
        await using var door = await DoorAsync(new() { Url = Beyond, Token = Token });

        Assert.Equal(HttpStatusCode.Unauthorized, await door.AskAsync(authorization));
    }

    [Fact]
    public async Task Beyond_loopback_only_health_is_served_without_credentials()
    {
        await using var door = await DoorAsync(new() { Url = Beyond });

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(door.Client, HttpMethod.Get, "/health"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(door.Client, HttpMethod.Get, "/"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(door.Client, HttpMethod.Get, "/dashboard"));
        Assert.DoesNotContain(Endpoints(new() { Url = Beyond }).Others, path => path.StartsWith("/dashboard", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_of_another_site_gets_nothing_through_the_browser_of_a_person_on_this_machine()
    {
        await using var door = await DoorAsync(new());
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "evil.example:8080" } };
        using var crossSite = new HttpRequestMessage(HttpMethod.Post, "/") { Headers = { { "Sec-Fetch-Site", "cross-site" } } };
        using var own = new HttpRequestMessage(HttpMethod.Post, "/") { Headers = { { "Sec-Fetch-Site", "same-origin" } } };

        Assert.Equal(HttpStatusCode.Forbidden, (await door.Client.SendAsync(rebound, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await door.Client.SendAsync(crossSite, Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await door.Client.SendAsync(own, Ct)).StatusCode);
    }

    [Theory]
    [InlineData("HTTP_TOKEN", "short-token")]
    [InlineData("HTTP_TOKEN", "a token of thirty-two characters")]
    [InlineData("HTTP_PASSWORD", "short")]
    [InlineData("HTTP_PASSWORD", "long enough, but of nobody")]
    public async Task Credentials_that_cannot_protect_are_refused_and_not_printed(string variable, string value)
    {
        var (exitCode, output, errors) = await SiloProcess.RunAsync(["run"], new Dictionary<string, string> { [variable] = value });

        Assert.Equal(78, exitCode);
        Assert.Contains(variable, errors, StringComparison.Ordinal);
        Assert.DoesNotContain(value, output + errors, StringComparison.Ordinal);
    }

    private static SiloProcess StartSilo(params (string Name, string Value)[] variables) =>
        // HTTP is up whether or not there is a Postgres.
        SiloProcess.Start(["run"], new Dictionary<string, string>(variables.Select(v => KeyValuePair.Create(v.Name, v.Value)))
        {
            ["POSTGRES_HOST"] = "127.0.0.1",
            ["POSTGRES_PORT"] = "1",
            ["KAFKA_BROKERS"] = "127.0.0.1:1",
        });

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, HttpMethod method, string path)
    {
        HttpStatusCode? status = null;
        await Wait.ForAsync(
            async () =>
            {
                try
                {
                    // As it is written: a client's own tidying would hide what a stranger can send.
                    using var request = new HttpRequestMessage(method, new Uri(client.BaseAddress + path.TrimStart('/'), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
                    using var response = await client.SendAsync(request, Ct);
                    status = response.StatusCode;
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            () => Task.FromResult($"nobody answers {method} {path}"));
        return status!.Value;
    }

    /// <summary>Everything that a silo maps: what it says is for everybody, and the rest; parameters filled in.</summary>
    private static (List<string> Health, List<string> Others) Endpoints(HttpOptions? http = null)
    {
        var settings = new Dictionary<string, string?> { ["OtelOrleans:Http:Url"] = http?.Url, ["OtelOrleans:Http:Token"] = http is null ? Token : "" };
        using var app = (IDisposable)SiloHost.Build(OtelOrleansOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Where(s => s.Value is not null)).Build()));
        var all = ((IEndpointRouteBuilder)app).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>().ToLookup(
            e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null,
            e => "/" + string.Join('/', e.RoutePattern.PathSegments.Select(s => s.IsSimple && s.Parts[0] is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x")));
        return ([.. all[true].Order(StringComparer.Ordinal)], [.. all[false].Distinct()]);
    }

    private static async Task<Door> DoorAsync(HttpOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.AddSiloHttp(new() { Url = "http://127.0.0.1:0" });
        var app = builder.Build();
        app.UseSiloHttp(options);
        app.MapGet("/health", () => "healthy").AllowAnonymous();
        app.MapMethods("/", ["GET", "POST"], () => "in");
        await app.StartAsync(Ct);
        return new Door(app);
    }

    /// <summary>A server on loopback that treats those who come as one with other options would.</summary>
    private sealed class Door(WebApplication app) : IAsyncDisposable
    {
        public HttpClient Client { get; } = new() { BaseAddress = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };

        public Task<HttpStatusCode> LoginAsync(string user, string password) =>
            AskAsync(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))).ToString());

        public async Task<HttpStatusCode> AskAsync(string authorization)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var response = await Client.SendAsync(request, Ct);
            return response.StatusCode;
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await app.DisposeAsync();
        }
    }
}
