using System.Globalization;
using System.Text.Json;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Torture;

/// <summary>Watches how much memory silos take, and how many payload bytes they say that they hold.</summary>
internal sealed class SiloMemory(TortureWorld world)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>The most that a silo had resident. Bytes.</summary>
    public long PeakResident { get; private set; }

    /// <summary>The most payload bytes that a silo had read and not committed.</summary>
    public long PeakUndurable { get; private set; }

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            foreach (var slot in world.Silos)
            {
                if (slot.Running is { } silo)
                {
                    PeakResident = Math.Max(PeakResident, Resident(silo.Id));
                    PeakUndurable = Math.Max(PeakUndurable, await UndurableAsync(silo));
                }
            }

            await Task.Delay(Interval, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>VmRSS of a process; 0 if it is gone.</summary>
    private static long Resident(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task<long> UndurableAsync(SiloProcess silo)
    {
        try
        {
            var (status, body) = await silo.GetAsync("/health");
            return status == 0 ? 0 : JsonDocument.Parse(body).RootElement.GetProperty("partitions").EnumerateArray().Sum(p => p.GetProperty("undurableBytes").GetInt64());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Frozen, or killed in mid-sentence.
            return 0;
        }
    }
}
