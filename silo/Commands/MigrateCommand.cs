using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>migrate</c>: brings the database's schema up to date.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command("migrate", "Brings the database's schema up to date; a silo does the same when it starts");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var options = OtelOrleansOptions.Read(OtelOrleansOptions.Configuration());
        await using var database = new PostgresDatabase(options.Postgres);
        var applied = await new SchemaMigrator(database, NullLogger<SchemaMigrator>.Instance).MigrateAsync(cancellationToken);
        foreach (var script in applied)
        {
            Console.WriteLine($"applied {script}");
        }

        Console.WriteLine(applied.Count == 0 ? $"{database.Address} is up to date" : $"{database.Address}: {applied.Count} migrations applied");
        return ExitCodes.Success;
    }
}
