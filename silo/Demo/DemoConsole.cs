using System.Globalization;

namespace OtelOrleans.Silo.Demo;

/// <summary>What the demo tells the person who started it: steps with their time, addresses, and one line of counts that goes on.</summary>
/// <param name="output">Where to.</param>
/// <param name="terminal">Whether a line can be renewed in place.</param>
internal sealed class DemoConsole(TextWriter output, bool terminal)
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private bool _lineIsOpen;
    private long? _lastCounted;
    private long? _lastPrinted;
    private DemoCounts _last = new(0, 0, 0, 0);

    /// <summary>Tells what begins, runs it, and adds how long it took.</summary>
    public async Task<T> StepAsync<T>(string what, Func<Task<T>> step)
    {
        var began = TimeProvider.System.GetTimestamp();
        lock (_gate)
        {
            CloseLine();
            output.Write($"{what} … ");
            output.Flush();
            _lineIsOpen = true;
        }

        var result = await step();
        lock (_gate)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s"));
            _lineIsOpen = false;
        }

        return result;
    }

    /// <inheritdoc cref="StepAsync{T}"/>
    public Task StepAsync(string what, Func<Task> step) => StepAsync(what, async () =>
    {
        await step();
        return true;
    });

    /// <summary>Tells one thing.</summary>
    public void Line(string text)
    {
        lock (_gate)
        {
            CloseLine();
            output.WriteLine(text);
        }
    }

    /// <summary>A name and what it stands for, in columns.</summary>
    public void Address(string name, string value) => Line($"  {name,-10} {value}");

    /// <summary>Shows the counts with what came a second since the last time: in place on a terminal, else a line every few seconds.</summary>
    public void Counts(DemoCounts counts)
    {
        var now = TimeProvider.System.GetTimestamp();
        if (!terminal && _lastPrinted is { } printed && TimeProvider.System.GetElapsedTime(printed, now) < BetweenLines)
        {
            return;
        }

        var seconds = _lastCounted is { } counted ? TimeProvider.System.GetElapsedTime(counted, now).TotalSeconds : 0;
        var text = Text(counts, _last, seconds);
        (_last, _lastCounted, _lastPrinted) = (counts, now, now);
        if (!terminal)
        {
            Line(text);
            return;
        }

        lock (_gate)
        {
            // Back to the first column, write, and erase what a longer line before left behind.
            output.Write($"\r{text}\u001b[K");
            output.Flush();
            _lineIsOpen = true;
        }
    }

    /// <summary>The line of counts.</summary>
    /// <param name="now">What is there.</param>
    /// <param name="before">What was there.</param>
    /// <param name="seconds">The time between; 0 leaves the rates out.</param>
    internal static string Text(DemoCounts now, DemoCounts before, double seconds)
    {
        return $"spans {Part(now.Spans, before.Spans)}   logs {Part(now.Logs, before.Logs)}   points {Part(now.Points, before.Points)}   "
            + string.Create(CultureInfo.InvariantCulture, $"dead letters {now.DeadLetters:N0}");

        string Part(long count, long earlier) => seconds <= 0
            ? count.ToString("N0", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{count:N0} (+{Math.Max(0, count - earlier) / seconds:N0}/s)");
    }

    private void CloseLine()
    {
        if (_lineIsOpen)
        {
            output.WriteLine();
            _lineIsOpen = false;
        }
    }
}
