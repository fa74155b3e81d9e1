using System.Diagnostics;
using Npgsql;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Demo;

namespace OtelOrleans.Tests.Torture;

/// <summary>
/// Sends numbered records, breaks things meanwhile, mends everything, waits until all is stored, ends the silos, and counts: every item that is in Kafka must be in Postgres once.
/// </summary>
internal sealed class TortureRun : IAsyncDisposable
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(10);

    private readonly TortureOptions _options;
    private readonly TortureLog _log;
    private readonly TextWriter _progress;
    private readonly TortureWorld _world;
    private readonly SentRecords _sent = new();
    private readonly Backlogs _backlogs;
    private readonly Faults _faults;
    private readonly SiloMemory _memory;
    private readonly List<string> _problems = [];
    private int _restarts;

    private TortureRun(TortureOptions options, TortureLog log, TextWriter progress, TortureWorld world)
    {
        (_options, _log, _progress, _world) = (options, log, progress, world);
        _backlogs = new Backlogs(world.Partitions, TimeProvider.System);
        _faults = new Faults(world, _backlogs, options.Faults ?? FaultTimes.Short, options.Seed, log);
        _memory = new SiloMemory(world);
    }

    /// <summary>Does it all. The folder of the logs stays if something is wrong, or as the options say.</summary>
    public static async Task<TortureResult> RunAsync(TortureOptions options, TextWriter progress)
    {
        var log = new TortureLog();
        TortureResult result;
        using (log)
        {
            await using var run = new TortureRun(options, log, progress, await TortureWorld.StartAsync(options, log));
            result = await run.RunAsync();
            log.Write(result.ToString());
        }

        if (result.IsGood && !options.KeepLogs)
        {
            Directory.Delete(log.Folder, recursive: true);
        }

        return result;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private async Task<TortureResult> RunAsync()
    {
        await _progress.WriteLineAsync($"seed {_options.Seed}, logs in {_log.Folder}");
        foreach (var silo in _world.Silos)
        {
            silo.Want();
        }

        await Task.WhenAll(_world.Silos.Select(s => s.WaitReadyAsync()));
        using var watching = new CancellationTokenSource();
        using var witness = new Witness(_world.KafkaAddresses, _world.Partitions, _sent, _backlogs);
        using var producer = new Producer(_options.Load, _options.Seed, _world.Topics, _options.Partitions, _sent, _backlogs);
        var watches = Task.WhenAll(new ProgressWatch(_world, _backlogs).RunAsync(watching.Token), _memory.RunAsync(watching.Token), TellAsync(watching.Token));
        using (var breaking = new CancellationTokenSource(_options.Duration))
        {
            await Task.WhenAll(
                UntilEndAsync(_options.Outage is { } outage ? OutageAsync(outage, breaking.Token) : _options.IsRolling ? RollAsync(breaking.Token) : BreakAsync(breaking.Token), breaking),
                UntilEndAsync(producer.RunAsync(_world.KafkaAddresses, breaking.Token), breaking));
        }

        var drain = Stopwatch.StartNew();
        await MendAsync();
        await DrainAsync(witness, drain);
        var drained = drain.Elapsed;
        await EndAsync();
        await watching.CancelAsync();
        await watches;
        return await CheckAsync(producer.Failed, drained);
    }

    private Task BreakAsync(CancellationToken ct) => _options.Faults is null ? Faults.PauseAsync(Timeout.InfiniteTimeSpan, ct) : _faults.RunAsync(ct);

    /// <summary>When one has ended, because the time is over or by an exception of the harness itself, the other ends too.</summary>
    private static async Task UntilEndAsync(Task task, CancellationTokenSource end)
    {
        try
        {
            await task;
        }
        finally
        {
            await end.CancelAsync();
        }
    }

    /// <summary>Postgres goes away once there is a load, and comes back while it goes on.</summary>
    private async Task OutageAsync(TimeSpan outage, CancellationToken ct)
    {
        var rest = (_options.Duration - outage) / 2;
        await Faults.PauseAsync(rest, ct);
        _log.Write("Postgres goes away");
        await _world.Postgres.StopAsync(PostgresShutdown.Fast, CancellationToken.None);
        _memory.Away(true);
        await Faults.PauseAsync(outage, ct);
        _memory.Away(false);
        await _world.Postgres.StartAgainAsync(CancellationToken.None);
        _log.Write("Postgres is back");
        await Faults.PauseAsync(rest, ct);
    }

    /// <summary>Ends a silo in order, starts the next in its place, and waits until it makes progress before the next one's turn.</summary>
    private async Task RollAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await Faults.PauseAsync(TimeSpan.FromSeconds(1), ct);
            var silo = _world.Silos[_restarts++ % _world.Silos.Count];
            if (await silo.TerminateAsync() is not 0 and var code)
            {
                _problems.Add($"a silo that was terminated ended with exit code {code?.ToString() ?? "none: it was gone already"}");
            }

            silo.Want();
            await silo.WaitReadyAsync();
        }
    }

    private async Task MendAsync()
    {
        _log.Write("everything is mended");
        if (_world.Kafka is { } kafka)
        {
            await new KafkaFaults(kafka, [], FaultTimes.Short).MendAsync();
        }

        foreach (var silo in _world.Silos)
        {
            silo.Want();
        }
    }

    private async Task DrainAsync(Witness witness, Stopwatch clock)
    {
        while (witness.Problem is null && (!witness.IsAtEnd() || _backlogs.NotAtEnd().Count > 0))
        {
            if (clock.Elapsed > _options.DrainDeadline)
            {
                _problems.AddRange(_backlogs.NotAtEnd().Select(p => $"{_options.DrainDeadline.TotalSeconds:0} s after the last fault {p}"));
                break;
            }

            await Task.Delay(200);
        }

        if (witness.Problem is { } problem)
        {
            _problems.Add($"the run proves nothing: {problem}");
        }
    }

    /// <summary>Every silo is well again; then they end in order, so that nothing is stored any more while it is counted.</summary>
    private async Task EndAsync()
    {
        try
        {
            await Task.WhenAll(_world.Silos.Select(s => s.WaitReadyAsync()));
        }
        catch (TimeoutException e)
        {
            _problems.Add($"a silo does not become ready: {e.Message}");
        }

        var codes = await Task.WhenAll(_world.Silos.Select(s => s.TerminateAsync()));
        _problems.AddRange(codes.Where(c => c != 0).Select(c => $"a silo ended with exit code {c?.ToString() ?? "none: it was gone already"} at the end"));
    }

    private async Task<TortureResult> CheckAsync(long notSent, TimeSpan drain)
    {
        await using var connection = new NpgsqlConnection(_world.ConnectionString);
        await connection.OpenAsync();
        var signals = new List<SignalVerdict>();
        foreach (var signal in Enum.GetValues<Signal>())
        {
            signals.Add(await StoredCheck.CheckAsync(connection, signal, _sent));
        }

        var (problems, letters) = await DeadLetterCheck.CheckAsync(connection, _sent);
        _problems.AddRange(problems);
        return new TortureResult
        {
            Options = _options,
            Logs = _log.Folder,
            Records = _sent.Count,
            NotSent = notSent,
            Signals = signals,
            DeadLetters = letters,
            Faults = _options.IsRolling ? new Dictionary<string, int> { ["silo_restarted"] = _restarts } : _faults.Counts,
            EndedByThemselves = _world.Silos.Sum(s => s.EndedByItself),
            LongestStall = _backlogs.LongestStall,
            LongestStallOf = _backlogs.LongestStallOf,
            Drain = drain,
            PeakResident = _memory.PeakResident,
            PeakUndurable = _memory.PeakUndurable,
            GrownWhileAway = _memory.GrownWhileAway,
            Problems = _problems,
        };
    }

    private async Task TellAsync(CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        while (!ct.IsCancellationRequested)
        {
            await Task.Delay(ProgressInterval, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _progress.WriteLineAsync(
                $"{clock.Elapsed.TotalSeconds:0} s: {_sent.Count} records, {_backlogs.Bytes / 1e6:0.0} MB not stored, {_faults.Counts.Values.Sum()} faults, {_world.Silos.Count(s => s.Running is not null)} silos run");
        }
    }
}
