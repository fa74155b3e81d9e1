using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Upkeep;

namespace OtelOrleans.Grains.Upkeep;

/// <summary>The one who does it. That two of them for a while would do no harm is the database's business.</summary>
internal sealed class UpkeepGrain(UpkeepRound round) : Grain, IUpkeepGrain, IDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;

    public Task RunAsync()
    {
        if (!_running.IsCompleted)
        {
            return Task.CompletedTask;
        }

        var last = _running;
        _running = Task.Run(() => round.RunAsync(_ending.Token));
        return last;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _ending.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _ending.Dispose();
}
