using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Microsoft.Extensions.Options;
using OtelOrleans.Grains.DeadLetters;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;
using OtelOrleans.Sql.DeadLetters;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>dead-letters</c>: what could not be stored, and what to do with it.</summary>
internal static class DeadLettersCommand
{
    private static readonly Option<long[]> Ids = new("--id") { Description = "Letter number; several may be given", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<string?> Topic = new("--topic") { Description = "Only of this Kafka topic" };
    private static readonly Option<string?> Reason = new("--reason") { Description = "Only with this reason, such as malformed_payload or refused_by_postgres" };
    private static readonly Option<string?> Service = new("--service") { Description = "Only of this service; payloads that cannot be read are of unknown_service" };
    private static readonly Option<string?> Since = new("--since") { Description = "Only stored since then: a time, or a duration back from now (hh:mm:ss)" };

    public static Command Create()
    {
        Since.Validators.Add(r => Refuse(r, r.GetValueOrDefault<string?>() is { } text && ParseSince(text) is null, "--since must be a time such as 2026-11-24T10:00Z, or a duration such as 01:30:00"));
        return new Command("dead-letters", "What could not be stored: look at it, take it out, try it again, give it up") { List(), Show(), Export(), Replay(), Drop() };
    }

    private static Command List()
    {
        var limit = new Option<int>("--limit") { Description = "Most letters to show", DefaultValueFactory = _ => 20 };
        var all = new Option<bool>("--all") { Description = "Also those that were replayed or dropped" };
        limit.Validators.Add(r => Refuse(r, r.GetValueOrDefault<int>() < 0, "--limit must be 0 or more"));
        var command = new Command("list", "Counts letters by reason, and shows the oldest") { Topic, Reason, Service, Since, limit, all };
        command.SetAction((parsed, cancellationToken) => RunAsync(async database =>
        {
            var filter = FilterOf(parsed) with { IncludeClosed = parsed.GetValue(all) };
            var store = new DeadLetterStore(database);
            var counts = await store.CountAsync(filter, cancellationToken);
            await Console.Out.WriteAsync(DeadLetterText.Summary(counts));
            if (counts.Count > 0)
            {
                await Console.Out.WriteAsync(DeadLetterText.Table(await store.ListAsync(filter, parsed.GetValue(limit), cancellationToken)));
            }

            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command Show()
    {
        var id = new Argument<long>("id") { Description = "Letter number" };
        var command = new Command("show", "Everything that is known of a letter, and the beginning of its payload") { id };
        command.SetAction((parsed, cancellationToken) => RunAsync(async database =>
        {
            var store = new DeadLetterStore(database);
            var letter = await store.FindAsync(parsed.GetValue(id), cancellationToken) ?? throw NoLetter(parsed.GetValue(id));
            await Console.Out.WriteAsync(DeadLetterText.Details(letter, await store.PayloadAsync(letter.Id, cancellationToken)));
            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command Export()
    {
        var to = new Option<DirectoryInfo>("--to") { Description = "Folder; made if it is not there", Required = true };
        var command = new Command("export", "Writes payloads to files that `produce` can send, named topic-partition-offset[-item].signal; never overwrites one") { to, Ids, Topic, Reason, Service, Since };
        command.SetAction((parsed, cancellationToken) => RunAsync(database =>
            new DeadLetterExport(new DeadLetterStore(database), Console.Out).RunAsync(FilterOf(parsed), parsed.GetValue(to)!, cancellationToken)));
        return command;
    }

    private static Command Replay()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Decode, and say what would be stored, but store nothing" };
        var command = new Command("replay", "Decodes letters again and stores their rows, each letter once; those that fail again stay, and the exit code is 1") { Ids, Topic, Reason, Service, Since, dryRun };
        command.Validators.Add(RequireFilter);
        command.SetAction((parsed, cancellationToken) => RunAsync(async (database, options) =>
        {
            var replayer = new LetterReplayer(database, options.Rollups, Options.Create(options.Decoding), TimeProvider.System);
            var isDryRun = parsed.GetValue(dryRun);
            var left = 0;
            foreach (var letter in await ChosenAsync(database, parsed, cancellationToken))
            {
                var result = await replayer.ReplayAsync(letter, isDryRun, cancellationToken);
                left += result.Outcome == LetterOutcome.FailedAgain ? 1 : 0;
                Console.WriteLine($"{letter.Id}: " + result.Outcome switch
                {
                    LetterOutcome.Stored => $"{(isDryRun ? "would be stored" : "stored")}, {result.Rows} rows{(result.Letters > 0 ? $" and {result.Letters} dead letters" : "")}",
                    LetterOutcome.FailedAgain => $"fails again: {result.Error}",
                    _ => "was replayed or dropped before",
                });
            }

            return left == 0 ? ExitCodes.Success : ExitCodes.Failure;
        }));
        return command;
    }

    private static Command Drop()
    {
        var yes = new Option<bool>("--yes") { Description = "Do it; without it, only say how many" };
        var command = new Command("drop", "Gives letters up: their payloads are deleted for ever") { Ids, Topic, Reason, Service, Since, yes };
        command.Validators.Add(RequireFilter);
        command.SetAction((parsed, cancellationToken) => RunAsync(async database =>
        {
            if (!parsed.GetValue(yes))
            {
                var letters = await ChosenAsync(database, parsed, cancellationToken);
                throw new StartupException(ExitCodes.Failure, $"{letters.Count(l => l.IsOpen)} dead letters would be dropped, with {letters.Sum(l => l.PayloadBytes ?? 0)} bytes: say --yes to do it");
            }

            Console.WriteLine($"{await new DeadLetterStore(database).DropAsync(FilterOf(parsed), cancellationToken)} dead letters dropped");
            return ExitCodes.Success;
        }));
        return command;
    }

    /// <summary>The letters that the options mean. Those named by number are looked for even if they are closed, so that a second replay says so.</summary>
    private static async Task<IReadOnlyList<DeadLetter>> ChosenAsync(PostgresDatabase database, ParseResult parsed, CancellationToken cancellationToken)
    {
        var filter = FilterOf(parsed);
        var letters = await new DeadLetterStore(database).ListAsync(filter with { IncludeClosed = filter.Ids is { Count: > 0 } }, int.MaxValue, cancellationToken);
        if (filter.Ids!.Except(letters.Select(l => l.Id)).ToList() is [var missing, ..])
        {
            throw NoLetter(missing);
        }

        return letters;
    }

    private static DeadLetterFilter FilterOf(ParseResult parsed) => new(
        parsed.GetValue(Ids) ?? [], parsed.GetValue(Topic), parsed.GetValue(Reason), parsed.GetValue(Service), parsed.GetValue(Since) is { } since ? ParseSince(since) : null);

    private static DateTimeOffset? ParseSince(string text) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var ago) && text.Contains(':', StringComparison.Ordinal) && ago >= TimeSpan.Zero && ago < TimeSpan.FromDays(36500) ? TimeProvider.System.GetUtcNow() - ago
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : null;

    private static void RequireFilter(CommandResult result)
    {
        if (result.GetResult(Ids) is null && result.GetResult(Topic) is null && result.GetResult(Reason) is null && result.GetResult(Service) is null && result.GetResult(Since) is null)
        {
            result.AddError("Say which letters: --id, --topic, --reason, --service or --since");
        }
    }

    private static void Refuse(OptionResult result, bool wrong, string message)
    {
        if (wrong)
        {
            result.AddError(message);
        }
    }

    private static StartupException NoLetter(long id) => new(ExitCodes.Failure, $"There is no dead letter {id}: see otelorleans dead-letters list --all");

    private static Task<int> RunAsync(Func<PostgresDatabase, Task<int>> verb) => RunAsync((database, _) => verb(database));

    private static async Task<int> RunAsync(Func<PostgresDatabase, OtelOrleansOptions, Task<int>> verb)
    {
        var options = OtelOrleansOptions.Read(OtelOrleansOptions.Configuration());
        await using var database = new PostgresDatabase(options.Postgres);
        return await verb(database, options);
    }
}
