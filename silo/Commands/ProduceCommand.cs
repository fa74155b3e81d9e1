using System.CommandLine;
using System.CommandLine.Parsing;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>produce</c>: sends payload files to Kafka.</summary>
internal static class ProduceCommand
{
    public static Command Create()
    {
        var paths = new Argument<string[]>("paths") { Description = "Payload files, or folders of them (sent in order of name)", Arity = ArgumentArity.OneOrMore };
        var topic = new Option<string?>("--topic") { Description = "Topic (default: by the file's name: …traces… to KAFKA_TRACE_TOPIC, …logs…, …metrics… likewise)" };
        var rate = new Option<double?>("--rate") { Description = "Records per second (default: as fast as Kafka takes them)" };
        var repeat = new Option<int>("--repeat") { Description = "How often to send everything", DefaultValueFactory = _ => 1 };
        var key = new Option<string?>("--key") { Description = "Key of every record; 'name' for the file's name (default: none, records are spread over the partitions)" };
        var headers = new Option<string[]>("--header") { Description = "Header name=value; may be given several times. otelcol.signal is set from the file's name unless given" };
        var include = new Option<string>("--include") { Description = "Which files of a folder", DefaultValueFactory = _ => "*" };
        rate.Validators.Add(r => Refuse(r, r.GetValueOrDefault<double?>() is <= 0, "--rate must be above 0"));
        repeat.Validators.Add(r => Refuse(r, r.GetValueOrDefault<int>() < 1, "--repeat must be 1 or more"));
        headers.Validators.Add(r => Refuse(r, r.GetValueOrDefault<string[]>()!.Any(h => h.IndexOf('=', StringComparison.Ordinal) < 1), "--header must be name=value"));
        var command = new Command("produce", "Sends payload files to Kafka, a record each") { paths, topic, rate, repeat, key, headers, include };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new PayloadProducerOptions(
                parsed.GetValue(topic),
                parsed.GetValue(rate),
                parsed.GetValue(repeat),
                parsed.GetValue(key),
                [.. (parsed.GetValue(headers) ?? []).Select(h => h.Split('=', 2)).Select(h => KeyValuePair.Create(h[0], h[1]))]),
            parsed.GetValue(paths)!,
            parsed.GetValue(include)!,
            cancellationToken));
        return command;
    }

    private static void Refuse(OptionResult result, bool wrong, string message)
    {
        if (wrong)
        {
            result.AddError(message);
        }
    }

    private static async Task<int> RunAsync(PayloadProducerOptions options, string[] paths, string include, CancellationToken cancellationToken)
    {
        var kafka = OtelOrleansOptions.Read(OtelOrleansOptions.Configuration()).Kafka;
        var files = new List<string>();
        foreach (var path in paths)
        {
            if (File.Exists(path))
            {
                files.Add(path);
            }
            else if (Directory.Exists(path))
            {
                files.AddRange(Directory.EnumerateFiles(path, include).Order(StringComparer.Ordinal));
            }
            else
            {
                throw new StartupException(ExitCodes.NoInput, $"'{path}' is neither a file nor a folder");
            }
        }

        if (files.Count == 0)
        {
            throw new StartupException(ExitCodes.NoInput, $"No file in {string.Join(", ", paths)} matches '{include}'");
        }

        await new PayloadProducer(kafka, options, Console.Out, Console.Error).SendAsync(files, cancellationToken);
        return ExitCodes.Success;
    }
}
