using System.Net.Sockets;
using System.Text;
using OtelOrleans.Tests.Infrastructure;
using OtelOrleans.Tests.Silo;

namespace OtelOrleans.Tests.Http;

/// <summary>Requests that no client sends: methods, paths, sizes and encodings at random, some of them cut off, some with the token.</summary>
public sealed class HttpFuzzTests(PostgresFixture postgres)
{
    private const string Token = "a-token-of-thirty-two-characters";
    private const int Requests = 600;
    private const int AtOnce = 8;

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "PRI", "get", "G\0T", "", new('M', 9000)];

    private static readonly string[] Paths =
    [
        "/", "*", "/health", "/healthz/live", "/healthz/ready", "/healthz/%2e%2e/dashboard", "/dashboard", "/dashboard/", "/dashboard/DashboardCounters", "/dashboard/ClusterStats",
        "/dashboard/SiloProperties/x", "/dashboard/GrainState?grainId=x&grainType=y", "/dashboard/index.min.js", "/metrics", "/api/pipeline/x", "//", "/%", "/%00", "/%c0%ae%c0%ae/", "/\xff\xfe", "/a?b=%zz&%",
        "/" + new string('a', 7000), "/" + new string('a', 20_000), "http://elsewhere/health", "/health;x", "/health?" + string.Join('&', Enumerable.Range(0, 500)), "/😀",
    ];

    private static readonly string[] Headers =
    [
        "Host: x", "Host: 127.0.0.1", "Host:", "Host: \xff", "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 5", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
        "Expect: 100-continue", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13", "Upgrade: h2c", "Accept-Encoding: " + new string('x', 3000), "Content-Encoding: zstd",
        "Authorization: Basic ////", "Authorization: Bearer", "Authorization: " + new string(' ', 500), "Authorization: Bearer \xff\xfe", "Accept: application/openmetrics-text; version=1.0.0, */*;q=0.1", "Range: bytes=0-,5-1",
        "If-Modified-Since: yesterday", "Cookie: " + new string('c', 5000), ": nothing", "no colon", "X-Y: a\r\n folded", "Content-Type: application/json", "X-Forwarded-For: 127.0.0.1", "Origin: http://evil",
    ];

    [Fact]
    public async Task Silo_outlives_whatever_is_sent_to_its_port_and_lets_nobody_in()
    {
        await using var bench = await PipelineBench.CreateAsync(postgres);
        await using var silo = bench.StartSilo(("HTTP_TOKEN", Token));
        await silo.WaitReadyAsync();
        var seed = Random.Shared.Next();

        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) =>
        {
            var random = new Random(seed + number);
            var hasToken = random.Next(2) == 0;
            var request = Request(random, hasToken);
            var status = await SendAsync(new Uri(silo.HttpUrl), request, isCut: random.Next(8) == 0);
            Assert.False(silo.HasExited, $"seed {seed}, request {number}: {request}\n{silo.Errors}");
            var isRefused = status is null or 400 or 401 or 405 or 408 or 411 or 413 or 414 or 431 or 501 or 505;
            Assert.True(hasToken || isRefused || request.Contains(" /health", StringComparison.Ordinal) || request.Contains("elsewhere/health", StringComparison.Ordinal), $"seed {seed}, request {number}: {status} for {request}");
        });

        await silo.WaitReadyAsync();
        await bench.ProduceCorpusAsync();
        await bench.StoredAsync();
        Assert.Equal(0, await silo.TerminateAsync());
    }

    private static string Request(Random random, bool hasToken)
    {
        var method = random.Next(3) == 0 ? Pick(Methods) : "GET";
        var request = new StringBuilder($"{method} {(random.Next(10) == 0 ? Noise(200) : Pick(Paths))} {(random.Next(12) == 0 ? Noise(9) : "HTTP/1.1")}\r\n");
        request.Append(random.Next(6) == 0 ? "" : "Host: 127.0.0.1\r\n").Append(hasToken ? $"Authorization: Bearer {Token}\r\n" : "").Append(random.Next(3) == 0 ? "" : "Connection: close\r\n");
        for (var i = random.Next(4); i > 0; i--)
        {
            request.Append(Pick(Headers)).Append("\r\n");
        }

        if (random.Next(20) == 0)
        {
            request.Insert(request.Length, string.Concat(Enumerable.Range(0, 100).Select(n => $"X-{n}: {n}\r\n")));
        }

        request.Append("\r\n");
        return random.Next(3) == 0 ? request.Append(Noise(random.Next(2) == 0 ? 100 : 200_000)).ToString() : request.ToString();

        string Pick(string[] from) => from[random.Next(from.Length)];

        string Noise(int most) => string.Create(random.Next(1, most), random, (text, r) =>
        {
            foreach (ref var c in text)
            {
                c = (char)r.Next(256);
            }
        });
    }

    /// <summary>The status of the answer; null if there is none.</summary>
    private static async Task<int?> SendAsync(Uri silo, string request, bool isCut)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(silo.Host, silo.Port, deadline.Token);
            var bytes = Encoding.Latin1.GetBytes(request);
            var stream = client.GetStream();
            await stream.WriteAsync(isCut ? bytes.AsMemory(0, bytes.Length / 2) : bytes, deadline.Token);
            if (isCut)
            {
                return null;
            }

            client.Client.Shutdown(SocketShutdown.Send);
            var answer = new byte[12];
            await stream.ReadExactlyAsync(answer, deadline.Token);
            return int.Parse(Encoding.ASCII.GetString(answer.AsSpan(9, 3)), System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            return null;
        }
    }
}
