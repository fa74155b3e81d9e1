using OtelOrleans.Silo.Demo;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Torture;

/// <summary>
/// A place for a silo, as a supervisor keeps it: while one is wanted and none runs, it starts the next. (A silo that was frozen learns that the others have declared it dead, and
/// ends by itself.)
/// </summary>
internal sealed class SiloSlot : IAsyncDisposable
{
    private const int Aborted = 134;

    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(200);

    private readonly string _name;
    private readonly IReadOnlyDictionary<string, string> _variables;
    private readonly TortureLog _log;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Task _supervisor;
    private SiloProcess? _silo;
    private bool _isWanted;
    private int _starts;

    public SiloSlot(string name, IReadOnlyDictionary<string, string> variables, TortureLog log)
    {
        (_name, _variables, _log) = (name, variables, log);
        _supervisor = SuperviseAsync();
    }

    /// <summary>How often a silo ended by itself.</summary>
    public int EndedByItself { get; private set; }

    /// <summary>The silo that runs now, if one does.</summary>
    public SiloProcess? Running => _silo is { HasExited: false } silo ? silo : null;

    /// <summary>From now on a silo runs here.</summary>
    public void Want() => _isWanted = true;

    public async Task<bool> IsReadyAsync() => Running is { } silo && (await silo.GetAsync("/healthz/ready")).Status == 200;

    /// <summary>Waits until the silo here makes progress.</summary>
    public Task WaitReadyAsync() => Wait.ForAsync(
        IsReadyAsync,
        async () => Running is { } silo ? $"{_name}: {(await silo.GetAsync("/health")).Body}\n{silo.Errors}" : $"{_name} does not run");

    /// <summary>kill -9; none follows until <see cref="Want"/>.</summary>
    public Task KillAsync() => EndAsync(async silo =>
    {
        await silo.KillAsync();
        return -9;
    });

    /// <summary>
    /// SIGTERM; none follows until <see cref="Want"/>. Returns the exit code, null if none ran. A silo that was frozen may learn at that very moment that it was declared dead: then it ends as it would
    /// have without the signal, and nothing is wrong.
    /// </summary>
    public Task<int?> TerminateAsync() => EndAsync(async silo =>
        await silo.TerminateAsync() is var code && code == Aborted && silo.Errors.Contains("I have been told I am dead", StringComparison.Ordinal) ? 0 : code);

    /// <summary>SIGSTOP, and SIGCONT after a while.</summary>
    public async Task<bool> FreezeAsync(TimeSpan time, CancellationToken ct)
    {
        if (Running is not { } silo)
        {
            return false;
        }

        var process = new ServerProcess(silo.Id);
        process.Pause();
        await Task.Delay(time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        process.Resume();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _supervisor;
        await KillAsync();
        _ending.Dispose();
        _turn.Dispose();
    }

    private async Task<int?> EndAsync(Func<SiloProcess, Task<int>> end)
    {
        await _turn.WaitAsync();
        try
        {
            _isWanted = false;
            if (_silo is not { } silo)
            {
                return null;
            }

            int? code = silo.HasExited ? null : await end(silo);
            await PutAwayAsync(silo);
            return code;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task SuperviseAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            await _turn.WaitAsync();
            try
            {
                if (_silo is { HasExited: true } gone)
                {
                    EndedByItself++;
                    _log.Write($"{_name} ended by itself with exit code {gone.ExitCode}");
                    await PutAwayAsync(gone);
                }

                if (_isWanted && _silo is null)
                {
                    _starts++;
                    _silo = SiloProcess.Start(["run"], _variables);
                    _log.Write($"{_name}: process {_silo.Id} starts, log {_name}.{_starts}.log");
                }
            }
            finally
            {
                _turn.Release();
            }

            await Task.Delay(Watch, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PutAwayAsync(SiloProcess silo)
    {
        _silo = null;
        await File.WriteAllTextAsync(Path.Combine(_log.Folder, $"{_name}.{_starts}.log"), silo.Output + silo.Errors);
        await silo.DisposeAsync();
    }
}
