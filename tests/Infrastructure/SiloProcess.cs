using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;

namespace OtelOrleans.Tests.Infrastructure;

/// <summary>The silo binary in a process of its own, as people run it: ended by SIGTERM, or killed.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly string Binary = Path.Combine(AppContext.BaseDirectory, "otelorleans");
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private SiloProcess(Process process, string httpUrl)
    {
        _process = process;
        HttpUrl = httpUrl;
        process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string HttpUrl { get; }

    public string Output => Read(_output);

    public string Errors => Read(_errors);

    public bool HasExited => _process.HasExited;

    /// <summary>The exit code of a process that has exited.</summary>
    public int ExitCode => _process.ExitCode;

    public int Id => _process.Id;

    /// <summary>Starts a verb with these environment variables; none of the test's own are passed on.</summary>
    public static SiloProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, string? workingDirectory = null)
    {
        var httpUrl = $"http://127.0.0.1:{FreePort()}";
        var start = new ProcessStartInfo(Binary, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingDirectory ?? Path.GetTempPath() };
        foreach (var name in start.Environment.Keys.Where(IsOption).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HTTP_URL"] = httpUrl;
        start.Environment["OTELORLEANS__Cluster__SiloPort"] = FreePort().ToString(CultureInfo.InvariantCulture);
        start.Environment["OTELORLEANS__Cluster__GatewayPort"] = FreePort().ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return new SiloProcess(Process.Start(start)!, httpUrl);
    }

    /// <summary>The variables that point a silo at these servers.</summary>
    public static Dictionary<string, string> Variables(PostgresOptions postgres, string kafkaBrokers) => new()
    {
        ["POSTGRES_HOST"] = postgres.Host,
        ["POSTGRES_PORT"] = postgres.Port.ToString(CultureInfo.InvariantCulture),
        ["POSTGRES_USER"] = postgres.User,
        ["POSTGRES_PASSWORD"] = postgres.Password,
        ["POSTGRES_DB"] = postgres.Database,
        ["KAFKA_BROKERS"] = kafkaBrokers,
        ["FLUSH_INTERVAL"] = "100",
        ["OTELORLEANS__Kafka__MetadataInterval"] = "00:00:01",
    };

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> variables, string? workingDirectory = null)
    {
        await using var silo = Start(arguments, variables, workingDirectory);
        return (await silo.ExitAsync(), silo.Output, silo.Errors);
    }

    /// <summary>Status code and body of a GET; 0 if nobody answers.</summary>
    public async Task<(int Status, string Body)> GetAsync(string path)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var response = await client.GetAsync(HttpUrl + path);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return (0, e.Message);
        }
    }

    public Task WaitReadyAsync() => Wait.ForAsync(async () => (await GetAsync("/healthz/ready")).Status == 200, async () => $"{(await GetAsync("/health")).Body}\n{Errors}");

    /// <summary>SIGTERM, and the exit code.</summary>
    public Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        return ExitAsync();
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The silo has not ended within a minute.\n{Output}\n{Errors}");
        }

        return _process.ExitCode;
    }

    private static bool IsOption(string name) =>
        name.StartsWith("OTELORLEANS__", StringComparison.OrdinalIgnoreCase) || OptionVariables.Keys.ContainsKey(name);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
