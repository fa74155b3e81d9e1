using System.Diagnostics;
using System.Globalization;

namespace OtelOrleans.Tests.Torture;

/// <summary>What happened when, in a file of the run's folder, beside the logs of all silos.</summary>
internal sealed class TortureLog : IDisposable
{
    private readonly StreamWriter _file;
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public TortureLog()
    {
        Folder = Directory.CreateTempSubdirectory("otelorleans-torture-").FullName;
        _file = new StreamWriter(Path.Combine(Folder, "torture.log")) { AutoFlush = true };
    }

    public string Folder { get; }

    public void Write(string line)
    {
        lock (_file)
        {
            _file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {_clock.Elapsed.TotalSeconds,7:0.0} {line}"));
        }
    }

    public void Dispose() => _file.Dispose();
}
