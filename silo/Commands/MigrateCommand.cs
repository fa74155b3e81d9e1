using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Indexes;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>migrate</c>: brings the database's schema up to date; makes, lists and drops optional indexes.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var index = new Option<string[]>("--index")
        {
            AllowMultipleArgumentsPerToken = true,
            HelpName = "NAME",
            Description = "Builds indexes that each row then pays for, while silos write; goes on where it was interrupted. They are:\n"
                + string.Join('\n', OptionalIndex.Kinds.Select(k => $"{k.Name}: serves {k.Serves}; costs {k.Cost}")),
        };
        var drop = new Option<string[]>("--drop-index") { AllowMultipleArgumentsPerToken = true, HelpName = "NAME", Description = "Drops such indexes, finished or not, instead of migrating" };
        var list = new Option<bool>("--list-indexes") { Description = "Lists those that are there, instead of migrating" };
        index.Validators.Add(CheckNames);
        drop.Validators.Add(CheckNames);
        var command = new Command("migrate", "Brings the database's schema up to date; a silo does the same when it starts") { index, drop, list };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            Indexes(parsed.GetValue(index)), Indexes(parsed.GetValue(drop)), parsed.GetValue(list), Console.Out, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        List<OptionalIndex> wanted, List<OptionalIndex> unwanted, bool list, TextWriter output, CancellationToken cancellationToken)
    {
        await using var database = new PostgresDatabase(OtelOrleansOptions.Read(OtelOrleansOptions.Configuration()).Postgres);
        var builder = new IndexBuilder(database);
        if (!list && unwanted.Count == 0)
        {
            await MigrateAsync(database, output, cancellationToken);
        }

        try
        {
            foreach (var index in unwanted)
            {
                await output.WriteLineAsync(await builder.DropAsync(index, cancellationToken) ? $"{index.Name}: dropped" : $"{index.Name}: there is none");
            }

            foreach (var index in wanted)
            {
                await builder.CreateAsync(index, output.WriteLine, cancellationToken);
                await output.WriteLineAsync($"{index.Name}: complete");
            }
        }
        catch (IndexException e)
        {
            throw new StartupException(ExitCodes.Failure, e.Message);
        }

        if (list)
        {
            await output.WriteAsync(Format(await builder.ListAsync(cancellationToken)));
        }

        return ExitCodes.Success;
    }

    private static async Task MigrateAsync(PostgresDatabase database, TextWriter output, CancellationToken cancellationToken)
    {
        var applied = await new SchemaMigrator(database, NullLogger<SchemaMigrator>.Instance).MigrateAsync(cancellationToken);
        foreach (var script in applied)
        {
            await output.WriteLineAsync($"applied {script}");
        }

        await output.WriteLineAsync(applied.Count == 0 ? $"{database.Address} is up to date" : $"{database.Address}: {applied.Count} migrations applied");
    }

    private static string Format(IReadOnlyList<IndexState> indexes) => TextTable.Format(
        ["index", "table", "leaves", "MB", ""],
        indexes.Select(i => (string[])
        [
            i.Name, $"otel.{i.Table}", string.Create(CultureInfo.InvariantCulture, $"{i.Built} of {i.Leaves}"), (i.Bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture),
            i.Built < i.Leaves ? "not complete: run migrate --index again" : "",
        ]),
        rightAligned: [2, 3]);

    private static List<OptionalIndex> Indexes(string[]? names)
    {
        var indexes = new List<OptionalIndex>();
        foreach (var name in names ?? [])
        {
            if (OptionalIndex.TryParse(name, out var index))
            {
                indexes.Add(index);
            }
        }

        return indexes;
    }

    private static void CheckNames(OptionResult option)
    {
        foreach (var name in option.Tokens.Select(t => t.Value).Where(n => !OptionalIndex.TryParse(n, out _)))
        {
            option.AddError($"'{name}' is not an optional index: they are {string.Join(", ", OptionalIndex.Kinds.Select(k => k.Name))}");
        }
    }
}
