using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Hosting;

namespace OtelOrleans.Silo.Kafka;

/// <summary>How payload files are sent.</summary>
/// <param name="Topic">Topic; null: by the file's name.</param>
/// <param name="Rate">Records per second; null: as fast as Kafka takes them.</param>
/// <param name="Repeat">How often everything is sent.</param>
/// <param name="Key">Key of each record; <c>name</c>: the file's name; null: none.</param>
/// <param name="Headers">Headers of each record.</param>
internal sealed record PayloadProducerOptions(string? Topic, double? Rate, int Repeat, string? Key, IReadOnlyList<KeyValuePair<string, string>> Headers);

/// <summary>Sends files to Kafka, a record each; shows progress, and ends only when every record is acknowledged by all in-sync replicas.</summary>
internal sealed class PayloadProducer(KafkaStreamOptions kafka, PayloadProducerOptions options, TextWriter output, TextWriter errors)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(30);

    private long _acknowledged;
    private long _bytes;
    private Error? _failure;
    private Error? _trouble;

    /// <exception cref="StartupException">A file does not tell its topic, or Kafka did not take a record within half a minute.</exception>
    public async Task SendAsync(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        List<(string File, string Topic, Signal? Signal)> records = [.. files.Select(Route)];
        var config = kafka.Client<ProducerConfig>();
        config.Acks = Acks.All;
        config.EnableIdempotence = true;
        config.MessageMaxBytes = 64 << 20;
        config.MessageTimeoutMs = (int)GiveUp.TotalMilliseconds;
        config.LingerMs = 5;
        using var producer = new ProducerBuilder<byte[]?, byte[]>(config)
            .SetErrorHandler((_, e) => _trouble = e)
            .SetLogHandler((_, _) => { })
            .Build();
        long total = (long)records.Count * options.Repeat, sent = 0;
        var clock = Stopwatch.StartNew();
        var said = TimeSpan.Zero;
        for (var round = 0; round < options.Repeat; round++)
        {
            foreach (var (file, topic, signal) in records)
            {
                ThrowIfFailed();
                if (options.Rate is { } rate && TimeSpan.FromSeconds(sent / rate) - clock.Elapsed is { Ticks: > 0 } ahead)
                {
                    await Task.Delay(ahead, cancellationToken);
                }

                await ProduceAsync(producer, topic, Message(file, signal, await File.ReadAllBytesAsync(file, cancellationToken)), cancellationToken);
                sent++;
                if (clock.Elapsed - said > ProgressInterval)
                {
                    said = clock.Elapsed;
                    await errors.WriteLineAsync($"{Interlocked.Read(ref _acknowledged)} of {total} records");
                }
            }
        }

        while (producer.Flush(TimeSpan.FromMilliseconds(500)) > 0)
        {
            ThrowIfFailed();
            cancellationToken.ThrowIfCancellationRequested();
        }

        ThrowIfFailed();
        var seconds = clock.Elapsed.TotalSeconds;
        await output.WriteLineAsync(
            $"{_acknowledged} records ({_bytes / 1e6:0.0} MB) to {string.Join(", ", records.Select(r => r.Topic).Distinct())} in {seconds:0.0} s, {_acknowledged / seconds:0} records/s");
    }

    private async Task ProduceAsync(IProducer<byte[]?, byte[]> producer, string topic, Message<byte[]?, byte[]> message, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                producer.Produce(topic, message, report =>
                {
                    if (report.Error.IsError)
                    {
                        _failure ??= report.Error;
                    }
                    else
                    {
                        Interlocked.Increment(ref _acknowledged);
                        Interlocked.Add(ref _bytes, report.Message.Value.Length);
                    }
                });
                return;
            }
            catch (ProduceException<byte[]?, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                await Task.Delay(10, cancellationToken);
            }
            catch (ProduceException<byte[]?, byte[]> e)
            {
                _failure ??= e.Error;
                ThrowIfFailed();
            }
        }
    }

    private (string File, string Topic, Signal? Signal) Route(string file)
    {
        var name = Path.GetFileName(file);
        Signal? signal = name.Contains("traces", StringComparison.OrdinalIgnoreCase) ? Signal.Traces
            : name.Contains("logs", StringComparison.OrdinalIgnoreCase) ? Signal.Logs
            : name.Contains("metrics", StringComparison.OrdinalIgnoreCase) ? Signal.Metrics
            : null;
        var topic = options.Topic ?? kafka.Topics().FirstOrDefault(t => t.Signal == signal).Name
            ?? throw new StartupException(ExitCodes.Usage, $"The name of {file} does not tell its signal (traces, logs or metrics): give --topic");
        return (file, topic, signal);
    }

    private Message<byte[]?, byte[]> Message(string file, Signal? signal, byte[] payload)
    {
        var headers = new Headers();
        foreach (var (name, value) in options.Headers)
        {
            headers.Add(name, Encoding.UTF8.GetBytes(value));
        }

        if (signal is { } known && !headers.TryGetLastBytes(KafkaSignal.Header, out _))
        {
            headers.Add(KafkaSignal.Header, Encoding.UTF8.GetBytes(KafkaSignal.NameOf(known)));
        }

        var key = options.Key == "name" ? Path.GetFileName(file) : options.Key;
        return new Message<byte[]?, byte[]> { Key = key is null ? null : Encoding.UTF8.GetBytes(key), Value = payload, Headers = headers };
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            var cause = failure.Code == ErrorCode.Local_MsgTimedOut && _trouble is { } trouble ? trouble.Reason : failure.Reason;
            throw new StartupException(
                ExitCodes.Unavailable, $"Kafka at {kafka.Brokers} does not take the records: {cause}. {Interlocked.Read(ref _acknowledged)} were taken. Is it running, does the topic exist? Check KAFKA_BROKERS");
        }
    }
}
