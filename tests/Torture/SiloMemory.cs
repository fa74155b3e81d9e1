using System.Globalization;
using System.Text.Json;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Torture;

/// <summary>Watches how much memory silos take, and how many payload bytes they say that they hold.</summary>
internal sealed class SiloMemory(TortureWorld world)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private long _resident;
    private long? _residentBefore;

    /// <summary>The most that a silo had resident. Bytes.</summary>
    public long PeakResident { get; private set; }

    /// <summary>How much more the largest silo took while Postgres was away than when it went. Bytes.</summary>
    public long GrownWhileAway { get; private set; }

    /// <summary>The most payload bytes that a silo had read and not committed.</summary>
    public long PeakUndurable { get; private set; }

    /// <summary>Postgres goes away, or comes back.</summary>
    public void Away(bool isAway) => _residentBefore = isAway ? _resident : null;

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            foreach (var slot in world.Silos)
            {
                if (slot.Running is { } silo)
                {
                    _resident = Resident(silo.Id);
                    PeakResident = Math.Max(PeakResident, _resident);
                    GrownWhileAway = Math.Max(GrownWhileAway, _resident - (_residentBefore ?? _resident));
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
