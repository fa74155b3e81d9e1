using System.CommandLine;
using System.Text.Json;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>healthcheck</c>: asks a silo on this machine; for <c>HEALTHCHECK</c> and probes.</summary>
internal static class HealthcheckCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var live = new Option<bool>("--live") { Description = "Ask whether the process lives, not whether it makes progress" };
        var url = new Option<string?>("--url") { Description = "Address of the silo (default: HTTP_URL)" };
        var command = new Command("healthcheck", "Asks a running silo whether it makes progress; exit code 0 if it does, 1 if not") { live, url };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(url), parsed.GetValue(live), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? url, bool live, CancellationToken cancellationToken)
    {
        // All interfaces is where a silo listens, not where it is asked.
        var address = (url ?? OtelOrleansOptions.Read(OtelOrleansOptions.Configuration()).Http.Url).Replace("//0.0.0.0", "//127.0.0.1").Replace("//[::]", "//[::1]").TrimEnd('/')
            + (live ? "/healthz/live" : "/healthz/ready");
        using var client = new HttpClient { Timeout = Timeout };
        try
        {
            using var response = await client.GetAsync(address, cancellationToken);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(cancellationToken));
            var reasons = body.RootElement.TryGetProperty("reasons", out var r) ? string.Join("; ", r.EnumerateArray().Select(x => x.GetString())) : "";
            Console.WriteLine($"{body.RootElement.GetProperty("status").GetString()}{(reasons.Length > 0 ? $": {reasons}" : "")}");
            return response.IsSuccessStatusCode ? ExitCodes.Success : ExitCodes.Failure;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or UriFormatException or InvalidOperationException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await Console.Error.WriteLineAsync($"No silo answers at {address}: {e.Message}");
            return ExitCodes.Failure;
        }
    }
}
