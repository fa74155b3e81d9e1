using System.CommandLine;
using System.Net.Sockets;
using Orleans.Runtime;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql;

namespace OtelOrleans.Silo.Commands;

/// <summary><c>run</c>: a silo, until SIGTERM or Ctrl-C.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var command = new Command("run", "Runs a silo until SIGTERM or Ctrl-C (the default)");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        ProcessMemory.EndWhenOut();
        ProcessMemory.LimitArenas();
        var options = OtelOrleansOptions.Read(OtelOrleansOptions.Configuration());
        await using var app = SiloHost.Build(options);
        try
        {
            await PreflightAsync(options, cancellationToken);
            await StartAsync(app, cancellationToken);
            ProcessMemory.Compact();
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && IsCancellation(e))
        {
            // Asked to end before it was up, while it waited for Postgres perhaps: that is no failure. (Orleans cannot be stopped while it starts; what there is of it is disposed of.)
            return ExitCodes.Success;
        }

        // The host asks to stop when one of its services has died: a silo that saves no resume points, say, must not go on.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
        await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await app.StopAsync(CancellationToken.None);
        return cancellationToken.IsCancellationRequested ? ExitCodes.Success : ExitCodes.Failure;
    }

    /// <summary>A wrong password or a missing database ends the verb before anything is started; a server that is away is waited for by the silo.</summary>
    private static async Task PreflightAsync(OtelOrleansOptions options, CancellationToken cancellationToken)
    {
        await using var database = new PostgresDatabase(options.Postgres);
        try
        {
            await database.PingAsync(cancellationToken);
        }
        catch (Exception e) when (SqlErrors.Classify(e) == SqlErrorClass.Transient)
        {
        }
    }

    /// <summary>Starts the host; what hinders it, and what a person can mend, comes as <see cref="StartupException"/>.</summary>
    public static async Task StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (Find<StartupException>(e) is { } startup)
        {
            throw startup;
        }
        catch (Exception e) when (Find<SocketException>(e) is { SocketErrorCode: SocketError.AddressAlreadyInUse })
        {
            throw new StartupException(ExitCodes.Configuration, $"A port is taken: {e.GetBaseException().Message}. Give other ones by HTTP_URL, OTELORLEANS__Cluster__SiloPort, OTELORLEANS__Cluster__GatewayPort");
        }
    }

    /// <summary>Orleans has a word of its own for a start that was called off between two of its stages.</summary>
    private static bool IsCancellation(Exception e) => Find<OperationCanceledException>(e) is not null || Find<OrleansLifecycleCanceledException>(e) is not null;

    private static T? Find<T>(Exception? e) where T : Exception => e switch
    {
        null => null,
        T found => found,
        AggregateException many => many.InnerExceptions.Select(Find<T>).FirstOrDefault(f => f is not null),
        _ => Find<T>(e.InnerException),
    };
}
