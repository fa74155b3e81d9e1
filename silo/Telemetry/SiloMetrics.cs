using System.Diagnostics.Metrics;
using OtelOrleans.Grains;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Silo.Health;
using OtelOrleans.Silo.Kafka;
using OtelOrleans.Sql;

namespace OtelOrleans.Silo.Telemetry;

/// <summary>
/// What the silo measures beside what sql and grains count: where each partition stands that it reads. A partition that it gives up is no longer reported: who sums over silos
/// would count it twice, and a lag that nobody works on would stand for ever.
/// </summary>
internal sealed class SiloMetrics : IHostedService, IDisposable
{
    public const string MeterName = "OtelOrleans.Silo";

    private static readonly Counter<long> s_kafkaErrors =
        new Meter(MeterName).CreateCounter<long>("otelorleans.kafka.errors", "{error}", "What Kafka clients complained of, by librdkafka's name of the error; most are not logged.");

    private readonly Meter _meter = new(MeterName);
    private readonly PartitionTracker _tracker;

    public SiloMetrics(PartitionTracker tracker, PartitionLags lags, Readiness readiness, TimeProvider time)
    {
        _tracker = tracker;
        _meter.CreateObservableGauge(
            "otelorleans.partition.lag",
            () => Each<long>(s => lags.HighWatermark(s.Topic, s.Partition) is { } high ? Math.Max(0, high - s.ResumePoint) : null),
            "{record}",
            "Records of a partition that are not durable, as far as Kafka has said.");
        _meter.CreateObservableGauge(
            "otelorleans.partition.lag.duration",
            () => Each<double>(s => lags.LagTime(s, time.GetUtcNow())?.TotalSeconds),
            "s",
            "For how long the oldest of them has been in Kafka.");
        _meter.CreateObservableGauge(
            "otelorleans.partition.undurable", () => Each<long>(s => s.IsOpen ? s.UndurableBytes : 0), "By", "Bytes of a partition that were read and are not durable.");
        _meter.CreateObservableGauge("otelorleans.silo.ready", () => readiness.Report().Ready ? 1 : 0, "1", "Whether the silo makes progress, as /healthz/ready says.");
    }

    public static void KafkaError(ErrorCode code) => s_kafkaErrors.Add(1, new KeyValuePair<string, object?>("code", code.ToString()));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        SqlTelemetry.Begin();
        GrainsTelemetry.Begin();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<T>> Each<T>(Func<PartitionSession, T?> value) where T : struct
    {
        foreach (var session in _tracker.Sessions)
        {
            if (value(session) is { } measured)
            {
                yield return new Measurement<T>(measured, new("topic", session.Topic), new("partition", session.Partition));
            }
        }
    }
}
