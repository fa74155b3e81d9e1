using Orleans.Runtime;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Upkeep;

namespace OtelOrleans.Silo.Hosting;

/// <summary>
/// Before the silo joins its cluster: waits until Postgres answers, brings the schema up to date and checks it. Waiting is right while the server is away;
/// a wrong password will not come right by waiting and ends the process.
/// </summary>
internal sealed class PostgresStartup(PostgresDatabase database, SchemaMigrator migrator, PartitionKeeper keeper, TimeProvider time, ILogger<PostgresStartup> log)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>What is waited for; null once Postgres is ready.</summary>
    public string? WaitingFor { get; private set; } = "Postgres";

    public void Participate(ISiloLifecycle observer) =>
        // Before anything of Orleans reads the membership tables.
        observer.Subscribe(nameof(PostgresStartup), ServiceLifecycleStage.First, PrepareAsync);

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var applied = await migrator.MigrateAsync(cancellationToken);
                await keeper.EnsureAheadAsync(cancellationToken);
                var problems = await SchemaCheck.VerifyAsync(database, cancellationToken);
                if (problems.Count > 0)
                {
                    throw new StartupException(ExitCodes.Configuration, string.Join(Environment.NewLine, problems));
                }

                SiloLog.PostgresReady(log, applied.Count);
                WaitingFor = null;
                return;
            }
            catch (Exception e) when (SqlErrors.Classify(e) is not SqlErrorClass.None)
            {
                var reason = SqlErrors.Describe(e);
                switch (SqlErrors.Classify(e))
                {
                    case SqlErrorClass.Transient:
                        if (WaitingFor != reason)
                        {
                            SiloLog.WaitingForPostgres(log, reason);
                            WaitingFor = reason;
                        }

                        await Task.Delay(RetryDelay, time, cancellationToken);
                        break;
                    case SqlErrorClass.Authentication:
                        throw new StartupException(ExitCodes.NoPermission, reason);
                    default:
                        throw new StartupException(ExitCodes.Configuration, $"{database.Address}: {reason}");
                }
            }
        }
    }
}

/// <summary>The process cannot start, and waiting would not help.</summary>
internal sealed class StartupException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;
}
