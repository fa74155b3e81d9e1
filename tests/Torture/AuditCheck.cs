using OtelOrleans.Silo.Hosting;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Torture;

/// <summary>The binary's own opinion: its verb <c>audit</c> must find nothing wrong with any topic.</summary>
internal static class AuditCheck
{
    public static async Task<IReadOnlyList<string>> CheckAsync(TortureWorld world)
    {
        var problems = new List<string>();
        foreach (var topic in world.Topics.Values)
        {
            var (exitCode, output, errors) = await SiloProcess.RunAsync(["audit", "--topic", topic], world.Variables());
            if (exitCode != ExitCodes.Success)
            {
                problems.Add($"audit --topic {topic} ended with {exitCode}: {(output + errors).Trim()}");
            }
        }

        return problems;
    }
}
