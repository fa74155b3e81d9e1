using System.Diagnostics.Metrics;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>
/// Rows stored per second and signal, and how long transactions take, over the last minute: heard from the meter of the sql project, so that the page shows what the metrics show. Of silos that
/// share a process, each hears all.
/// </summary>
internal sealed class Throughput : IDisposable
{
    private const int Seconds = 60;
    private const int MaxDurations = 256;

    /// <summary>The last seconds that a rate is taken over: longer than the usual flush interval.</summary>
    private const int RateSeconds = 5;

    private static readonly Signal[] s_signals = [Signal.Traces, Signal.Logs, Signal.Metrics];

    private readonly Lock _lock = new();
    private readonly MeterListener _listener = new();
    private readonly TimeProvider _time;
    private readonly Dictionary<Signal, Counts> _rows = s_signals.ToDictionary(s => s, _ => new Counts());
    private readonly Queue<(long Second, double Duration)> _durations = new();

    public Throughput(TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == SqlTelemetry.MeterName && instrument.Name is "otelorleans.copy.rows" or "otelorleans.copy.transaction.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, rows, tags, _) => Add(rows, tags));
        _listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => Add(seconds));
        _listener.Start();
    }

    /// <summary>What was stored, by signal.</summary>
    public SignalThroughput[] Signals()
    {
        lock (_lock)
        {
            var now = Now();
            return [.. s_signals.Select(s => _rows[s].Throughput(s, now))];
        }
    }

    /// <summary>How long the latest transactions of the last minute took, seconds.</summary>
    public double[] FlushSeconds()
    {
        lock (_lock)
        {
            var oldest = Now() - Seconds;
            return [.. _durations.Where(d => d.Second >= oldest).Select(d => d.Duration)];
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>The signal whose items are rows of a table; null for dimensions and the like.</summary>
    private static Signal? SignalOf(string? table) => table switch
    {
        "spans" => Signal.Traces,
        "log_records" => Signal.Logs,
        not null when table.StartsWith("metric_", StringComparison.Ordinal) && table.EndsWith("_points", StringComparison.Ordinal) => Signal.Metrics,
        _ => null,
    };

    private void Add(long rows, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "table" && SignalOf(tag.Value as string) is { } signal)
            {
                lock (_lock)
                {
                    _rows[signal].Add(rows, Now());
                }
            }
        }
    }

    private void Add(double seconds)
    {
        lock (_lock)
        {
            _durations.Enqueue((Now(), seconds));
            if (_durations.Count > MaxDurations)
            {
                _durations.Dequeue();
            }
        }
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Rows by second; a second's place is used again a minute and a bit later.</summary>
    private sealed class Counts
    {
        private readonly (long Second, long Rows)[] _seconds = new (long, long)[Seconds + 1];
        private long _total;

        public void Add(long rows, long second)
        {
            ref var slot = ref _seconds[second % _seconds.Length];
            slot = slot.Second == second ? (second, slot.Rows + rows) : (second, rows);
            _total += rows;
        }

        /// <summary>Of whole seconds: the one that has begun does not count yet.</summary>
        public SignalThroughput Throughput(Signal signal, long now)
        {
            long[] minute = [.. Enumerable.Range(0, Seconds).Select(i => Of(now - Seconds + i))];
            return new(signal, _total, minute[^RateSeconds..].Sum() / (double)RateSeconds, minute);
        }

        private long Of(long second) => _seconds[second % _seconds.Length] is var slot && slot.Second == second ? slot.Rows : 0;
    }
}
