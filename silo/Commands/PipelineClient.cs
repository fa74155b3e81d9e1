using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Hosting;
using OtelOrleans.Silo.Pipeline;
using OtelOrleans.Sql;
using ClusterOptions = Orleans.Configuration.ClusterOptions;

namespace OtelOrleans.Silo.Commands;

/// <summary>A grain client for the length of a verb: finds a silo through the membership in Postgres, with the options of a silo.</summary>
internal static class PipelineClient
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The option of every verb that asks the pipeline.</summary>
    public static Option<bool> JsonOption() => new("--json") { Description = "Print JSON, for scripts; its fields are those of /api/pipeline" };

    public static string Json(object value) => JsonSerializer.Serialize(value, PipelineJson.Options);

    /// <exception cref="StartupException">No silo can be reached, or it says why it did not do it.</exception>
    public static async Task<int> RunAsync(Func<IPipelineGrain, Task<int>> verb, CancellationToken cancellationToken)
    {
        var options = OtelOrleansOptions.Read(OtelOrleansOptions.Configuration());
        await using var database = new PostgresDatabase(options.Postgres);
        // What is wrong with Postgres is said better here than by Orleans.
        await database.PingAsync(cancellationToken);
        using var host = Build(options, database);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(ConnectTimeout);
            await host.StartAsync(deadline.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && SqlErrors.Classify(e) is SqlErrorClass.None or SqlErrorClass.Transient)
        {
            throw new StartupException(
                ExitCodes.Unavailable,
                $"No silo of cluster '{options.Cluster.ClusterId}' answers that is registered in {database.Address}: is one running (`otelorleans run`), with the same database and CLUSTER_ID?");
        }

        try
        {
            return await verb(host.Services.GetRequiredService<IClusterClient>().GetGrain<IPipelineGrain>(0));
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            throw new StartupException(ExitCodes.Unavailable, $"The silo that was asked does not answer: {e.Message.ReplaceLineEndings(" ")}");
        }
        catch (InvalidOperationException e)
        {
            throw new StartupException(ExitCodes.Failure, e.Message);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static IHost Build(OtelOrleansOptions options, PostgresDatabase database)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (options.Cluster.ClusterId, options.Cluster.ServiceId));
            client.UseAdoNetClustering((AdoNetClusteringClientOptions o) => (o.Invariant, o.DataSource) = ("Npgsql", database.Membership));
        });
        return builder.Build();
    }
}
