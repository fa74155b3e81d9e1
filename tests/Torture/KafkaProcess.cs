using System.Diagnostics;
using System.Globalization;

namespace OtelOrleans.Tests.Torture;

/// <summary>An embedded Kafka in a process of its own (<see cref="KafkaHost"/>): it outlives the silos, and can be broken.</summary>
internal sealed class KafkaProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly SemaphoreSlim _turn = new(1);

    private KafkaProcess(Process process, int brokers, string bootstrapServers) => (_process, Brokers, BootstrapServers) = (process, brokers, bootstrapServers);

    /// <summary>Their ids are 1 to this.</summary>
    public int Brokers { get; }

    public string BootstrapServers { get; }

    public int Id => _process.Id;

    public static async Task<KafkaProcess> StartAsync(int brokers)
    {
        var binary = Path.Combine(AppContext.BaseDirectory, typeof(KafkaProcess).Assembly.GetName().Name!);
        var process = Process.Start(new ProcessStartInfo(binary, [KafkaHost.Verb, brokers.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return new KafkaProcess(process, brokers, await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The Kafka process ended at once"));
    }

    public async Task TellAsync(params object[] words)
    {
        var command = string.Join(' ', words.Select(w => Convert.ToString(w, CultureInfo.InvariantCulture)));
        await _turn.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(command);
            await _process.StandardInput.FlushAsync();
            if (await _process.StandardOutput.ReadLineAsync() is var answer and not "ok")
            {
                throw new InvalidOperationException($"Kafka was told to {command}: {answer ?? "it has ended"}");
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _turn.Dispose();
    }
}
