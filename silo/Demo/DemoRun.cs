using System.ComponentModel;
using System.Data.Common;
using Confluent.Kafka;
using OtelOrleans.Silo.Demo.Shop;

namespace OtelOrleans.Silo.Demo;

/// <summary>The <c>demo</c> verb: everything there is, on one machine, with sample telemetry going through it.</summary>
internal sealed class DemoRun
{
    private static readonly TimeSpan BetweenCounts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenCountsOnce = TimeSpan.FromMilliseconds(200);

    /// <summary>When no row has come for this long after the shop has closed, all of it has been read.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan QuietDeadline = TimeSpan.FromSeconds(10);

    private readonly DemoOptions _options;
    private readonly IDemoSilo _silo;
    private readonly DemoConsole _console;
    private readonly TextWriter _stderr;
    private DemoCounts _counts = new(0, 0, 0, 0);

    private DemoRun(DemoOptions options, IDemoSilo silo, DemoConsole console, TextWriter stderr) =>
        (_options, _silo, _console, _stderr) = (options, silo, console, stderr);

    /// <summary>Runs until cancelled (Ctrl-C), or with <see cref="DemoOptions.Once"/> until rows of all signals are stored.</summary>
    /// <param name="options">How.</param>
    /// <param name="silo">What stands between Kafka and Postgres.</param>
    /// <param name="stdout">For the person.</param>
    /// <param name="stderr">For what goes wrong.</param>
    /// <param name="ct">Ends the run in good order: shop, silo, Kafka, Postgres.</param>
    /// <returns>The exit code: 0, or 1 when something could not be started or the rows did not come in time.</returns>
    public static async Task<int> RunAsync(DemoOptions options, IDemoSilo silo, TextWriter stdout, TextWriter stderr, CancellationToken ct)
    {
        var console = new DemoConsole(stdout, options.Terminal);
        var run = new DemoRun(options, silo, console, stderr);
        var exitCode = 0;
        try
        {
            await using var services = await DemoServices.StartAsync(options, console, stderr, ct);
            exitCode = await run.WithSiloAsync(services, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Ctrl-C while something was still starting.
        }
        catch (Exception trouble) when (trouble is InvalidOperationException or DllNotFoundException or Win32Exception or IOException or KafkaException
            or DbException)
        {
            console.Line("");
            await stderr.WriteLineAsync(trouble.Message);
            exitCode = 1;
        }

        console.Line($"stored: {DemoConsole.Text(run._counts, run._counts, seconds: 0)}");
        return exitCode;
    }

    private async Task<int> WithSiloAsync(DemoServices services, CancellationToken ct)
    {
        try
        {
            await _console.StepAsync("starting the silo", () => _silo.StartAsync(services.Endpoints, ct));
            return await WithShopAsync(services, ct);
        }
        finally
        {
            await _console.StepAsync("draining and stopping the silo", _silo.StopAsync);
            await CountAsync(CancellationToken.None);
        }
    }

    private async Task<int> WithShopAsync(DemoServices services, CancellationToken ct)
    {
        await using var gateway = await OtlpGateway.StartAsync(services.Endpoints.KafkaBrokers, services.Endpoints.Topics, ct);
        ShowAddresses(services, gateway);
        using var closing = new CancellationTokenSource();
        using var shop = new SampleShop(gateway.Address);
        var visits = shop.RunAsync(_options.Rate, closing.Token);
        try
        {
            return _options.Once ? await WatchOnceAsync(ct) : await WatchAsync(ct);
        }
        finally
        {
            await _console.StepAsync("closing the sample shop", async () =>
            {
                await closing.CancelAsync();
                await visits;

                // The SDKs block while they send what is left.
                await Task.Run(shop.Dispose, CancellationToken.None);
                await WaitUntilQuietAsync();
            });
        }
    }

    private void ShowAddresses(DemoServices services, OtlpGateway gateway)
    {
        _console.Line("");
        _console.Address("health", $"{_silo.HttpAddress}/health");
        _console.Address("pipeline", $"{_silo.HttpAddress}/");
        _console.Address("dashboard", $"{_silo.HttpAddress}/dashboard");
        _console.Address("psql", services.PsqlCommand);
        _console.Address("Kafka", $"{services.Endpoints.KafkaBrokers}   ({string.Join(", ", services.Endpoints.Topics.All)})");
        _console.Address("OTLP/HTTP", $"{gateway.Address.AbsoluteUri.TrimEnd('/')}   (goes to Kafka; send your own here)");
        _console.Line(_options.Once ? "" : "  Ctrl-C ends it\n");
    }

    private async Task<int> WatchAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            if (await CountAsync(ct))
            {
                _console.Counts(_counts);
            }

            await Task.Delay(BetweenCounts, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return 0;
    }

    private async Task<int> WatchOnceAsync(CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < _options.Deadline)
        {
            if (await CountAsync(ct) && _counts.HasAllSignals)
            {
                _console.Counts(_counts);
                foreach (var row in await _silo.FiveRowsOfEachAsync(ct))
                {
                    _console.Line(row);
                }

                return 0;
            }

            await Task.Delay(BetweenCountsOnce, ct);
        }

        await _stderr.WriteLineAsync(
            $"After {_options.Deadline.TotalSeconds:0} s not every signal has rows in Postgres ({DemoConsole.Text(_counts, _counts, seconds: 0)}): the log above tells why.");
        return 1;
    }

    /// <summary>Renews <see cref="counts"/>.</summary>
    /// <returns>False when Postgres does not answer just now; the old counts stay.</returns>
    private async Task<bool> CountAsync(CancellationToken ct)
    {
        try
        {
            _counts = await _silo.CountAsync(ct);
            return true;
        }
        catch (DbException trouble)
        {
            await _stderr.WriteLineAsync($"Postgres does not answer: {trouble.Message}");
            return false;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Lets the silo read what is left in Kafka: the embedded one is gone afterwards.</summary>
    private async Task WaitUntilQuietAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        var changed = began;
        var seen = _counts;
        while (!_options.Once && TimeProvider.System.GetElapsedTime(changed) < Quiet && TimeProvider.System.GetElapsedTime(began) < QuietDeadline)
        {
            await Task.Delay(BetweenCountsOnce);
            if (await CountAsync(CancellationToken.None) && _counts != seen)
            {
                (seen, changed) = (_counts, TimeProvider.System.GetTimestamp());
            }
        }
    }
}
