using System.Collections.Concurrent;
using Confluent.Kafka;
using OtelOrleans.Silo.Telemetry;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Where Kafka clients tell their troubles. A broker that is away makes them say the same hundreds of times a minute: each kind is logged once per <see cref="Quiet"/>.
/// </summary>
internal sealed class KafkaClientLog(ILogger<KafkaClientLog> log, TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<ErrorCode, long> _saidAt = new();
    private long _allLostAt;

    /// <summary>The last error, and when it was; null if there was none.</summary>
    public (Error Error, DateTimeOffset At)? Last { get; private set; }

    /// <summary>When a client last found that it can reach no broker at all, in ticks of the clock; 0 if none did.</summary>
    public long AllLostAt => Volatile.Read(ref _allLostAt);

    /// <summary>A client can reach no broker at all. Raised again and again while it is so.</summary>
    public event Action? AllLost;

    public void Error(Error error)
    {
        SiloMetrics.KafkaError(error.Code);
        Last = (error, time.GetUtcNow());
        if (error.Code == ErrorCode.Local_AllBrokersDown)
        {
            Volatile.Write(ref _allLostAt, time.GetTimestamp());
            AllLost?.Invoke();
        }

        var now = time.GetTimestamp();
        if (_saidAt.TryGetValue(error.Code, out var said) && time.GetElapsedTime(said, now) < Quiet)
        {
            return;
        }

        _saidAt[error.Code] = now;
        if (error.IsFatal)
        {
            SiloLog.KafkaFatal(log, error.Code, error.Reason);
        }
        else
        {
            SiloLog.KafkaTrouble(log, error.Code, error.Reason);
        }
    }

    public void Message(LogMessage message) => SiloLog.KafkaClient(log, message.Facility, message.Message);
}
