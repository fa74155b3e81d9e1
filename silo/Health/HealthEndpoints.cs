using System.Reflection;

namespace OtelOrleans.Silo.Health;

/// <summary>
/// <c>GET /healthz/live</c>: the process answers; asks nobody. <c>GET /healthz/ready</c>: this silo makes progress (200) or not (503), with reasons.
/// <c>GET /health</c>: the same with version and uptime, at the predecessor's path.
/// </summary>
internal static class HealthEndpoints
{
    private static readonly string Version = typeof(HealthEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        // For everybody: whoever probes has no credentials.
        var health = endpoints.MapGroup("").AllowAnonymous();
        health.MapGet("/healthz/live", () => Results.Json(new { status = "live" }));
        health.MapGet("/healthz/ready", (Readiness readiness) =>
        {
            var report = readiness.Report();
            return Results.Json(new { status = Status(report), report.Reasons, report.Partitions }, statusCode: Code(report));
        });
        health.MapGet("/health", (Readiness readiness) =>
        {
            var report = readiness.Report();
            return Results.Json(
                new { status = Status(report), version = Version, uptimeSeconds = Math.Round(Uptime().TotalSeconds), report.Reasons, report.Partitions },
                statusCode: Code(report));
        });
    }

    private static string Status(ReadinessReport report) => report.Ready ? "ready" : "not ready";

    private static int Code(ReadinessReport report) => report.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;

    private static TimeSpan Uptime() => TimeSpan.FromMilliseconds(Environment.TickCount64) - StartedAt;

    private static readonly TimeSpan StartedAt = TimeSpan.FromMilliseconds(Environment.TickCount64);
}
