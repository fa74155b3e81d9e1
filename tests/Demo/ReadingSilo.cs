using Confluent.Kafka;
using OtelOrleans.Silo.Demo;

namespace OtelOrleans.Tests.Demo;

/// <summary>Stands in for the silo: reads the topics and counts their records as if they were rows.</summary>
internal sealed class ReadingSilo : IDemoSilo, IDisposable
{
    private IConsumer<Ignore, byte[]>? _consumer;

    /// <summary>Sees nothing, as a silo that is stuck.</summary>
    public bool Blind { get; init; }

    /// <summary>Records of spans before it says that it has any.</summary>
    public int Needs { get; init; } = 1;

    public Func<DemoEndpoints, Task>? OnStart { get; init; }

    public Action? WhenAllSignalsCame { get; set; }

    public DemoEndpoints? Endpoints { get; private set; }

    public List<byte[]> Spans { get; } = [];

    public List<byte[]> Logs { get; } = [];

    public List<byte[]> Metrics { get; } = [];

    public bool Stopped { get; private set; }

    public DemoCounts Counts => new(Spans.Count, Logs.Count, Metrics.Count, 0);

    public string HttpAddress => "http://127.0.0.1:8080";

    public async Task StartAsync(DemoEndpoints endpoints, CancellationToken ct)
    {
        Endpoints = endpoints;
        if (OnStart is not null)
        {
            await OnStart(endpoints);
        }

        _consumer = KafkaReading.Consumer(endpoints.KafkaBrokers);
        _consumer.Assign(endpoints.Topics.All.SelectMany(topic => Enumerable.Range(0, 4).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning))));
    }

    public Task<DemoCounts> CountAsync(CancellationToken ct)
    {
        Read();
        if (Counts.HasAllSignals)
        {
            WhenAllSignalsCame?.Invoke();
        }

        return Task.FromResult(Blind || Spans.Count < Needs ? new(0, 0, 0, 0) : Counts);
    }

    public Task<IReadOnlyList<string>> FiveRowsOfEachAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>(["row of spans"]);

    public Task StopAsync()
    {
        Read();
        Stopped = true;
        return Task.CompletedTask;
    }

    public void Dispose() => _consumer?.Dispose();

    private void Read()
    {
        while (!Stopped && _consumer?.Consume(TimeSpan.FromMilliseconds(50)) is { } result)
        {
            if (!result.IsPartitionEOF)
            {
                (result.Topic == Endpoints!.Topics.Traces ? Spans : result.Topic == Endpoints.Topics.Logs ? Logs : Metrics).Add(result.Message.Value);
            }
        }
    }
}
