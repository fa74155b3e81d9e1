using System.Globalization;
using Confluent.Kafka;
using OtelOrleans.Silo.Demo;
using ErrorCode = Confluent.Kafka.ErrorCode;

namespace OtelOrleans.Tests.Torture;

/// <summary>
/// The verb <c>torture-kafka BROKERS</c>: an embedded Kafka in a process of its own. Writes its addresses, then obeys commands from stdin, a line each, and answers each with
/// <c>ok</c> or what went wrong. Ends when stdin does, so that it never outlives who started it.
/// </summary>
internal static class KafkaHost
{
    public const string Verb = "torture-kafka";

    public static async Task<int> RunAsync(int brokers, TextReader commands, TextWriter answers)
    {
        using var kafka = new EmbeddedKafka(brokers);
        await answers.WriteLineAsync(kafka.BootstrapServers);
        while (await commands.ReadLineAsync() is { } line)
        {
            try
            {
                Obey(kafka, line.Split(' '));
                await answers.WriteLineAsync("ok");
            }
            catch (Exception e) when (e is InvalidOperationException or FormatException or ArgumentException)
            {
                await answers.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            }
        }

        return 0;
    }

    private static void Obey(EmbeddedKafka kafka, string[] words)
    {
        switch (words)
        {
            case ["topic", var name, var partitions]:
                kafka.CreateTopic(name, Number(partitions));
                break;
            case ["down", var broker]:
                kafka.TakeDown(Number(broker));
                break;
            case ["up", var broker]:
                kafka.BringUp(Number(broker));
                break;
            case ["errors", var apiKey, .. var codes]:
                kafka.PushErrors((short)Number(apiKey), [.. codes.Select(Enum.Parse<ErrorCode>)]);
                break;
            case ["no-errors", var apiKey]:
                kafka.ClearErrors((short)Number(apiKey));
                break;
            case ["delay", var broker, var milliseconds]:
                kafka.SetRoundTrip(TimeSpan.FromMilliseconds(Number(milliseconds)), Number(broker));
                break;
            case ["leader", var topic, var partition, var broker]:
                kafka.SetLeader(topic, Number(partition), Number(broker));
                break;
            case ["delete", var topic, var partition, var before]:
                kafka.DeleteRecords(topic, Number(partition), Number(before));
                break;
            default:
                throw new ArgumentException($"unknown command: {string.Join(' ', words)}");
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
