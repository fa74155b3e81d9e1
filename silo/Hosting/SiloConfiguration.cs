using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using OtelOrleans.Grains;
using OtelOrleans.Silo.Health;
using OtelOrleans.Silo.Kafka;
using OtelOrleans.Silo.Pipeline;
using OtelOrleans.Silo.Telemetry;
using OtelOrleans.Sql;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.DeadLetters;
using OtelOrleans.Sql.Ledger;
using OtelOrleans.Sql.Queries;
using OtelOrleans.Sql.Upkeep;

namespace OtelOrleans.Silo.Hosting;

/// <summary>Puts the parts of a silo together: one place for the process and for test clusters.</summary>
internal static class SiloConfiguration
{
    public const string StreamProvider = "kafka";

    /// <summary>Everything but clustering: options, Postgres, grains, Kafka streams, shutdown.</summary>
    public static ISiloBuilder AddOtelOrleans(this ISiloBuilder silo, OtelOrleansOptions options)
    {
        var services = silo.Services;
        services.AddSingleton(Options.Create(options.Kafka));
        services.AddSingleton(Options.Create(options.Postgres));
        services.AddSingleton(Options.Create(options.Aggregation));
        services.AddSingleton(Options.Create(options.Flow));
        services.AddSingleton(Options.Create(options.Decoding));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(s => new PostgresDatabase(options.Postgres));
        services.AddSingleton<SchemaMigrator>();
        services.AddSingleton<PartitionKeeper>();
        services.AddSingleton<RollupKeeper>();
        services.AddSingleton<ServiceRetention>();
        services.AddSingleton<UpkeepRound>();
        services.AddSingleton(options.Retention);
        services.AddSingleton(options.Rollups);
        services.AddSingleton<CopyWriter>();
        services.AddSingleton<IngestLedger>();
        services.AddSingleton<PartitionProgress>();
        services.AddSingleton<OffsetGaps>();
        services.AddSingleton<TopicIncarnations>();
        services.AddSingleton<PartitionPauses>();
        services.AddSingleton<DeadLetterStore>();
        services.AddSingleton<SignalCounts>();
        services.AddSingleton<RecentRows>();
        services.AddSingleton<DrainState>();
        services.AddSingleton<PostgresStartup>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(s => s.GetRequiredService<PostgresStartup>());
        services.AddSingleton<Readiness>();
        services.AddHostedService<SiloMetrics>();
        services.AddOtelOrleansGrains();
        silo.AddKafkaStreams(StreamProvider);
        silo.AddPipeline();
        services.AddHostedService<UpkeepService>();
        services.AddSingleton<AggregatorMover>();
        services.AddHostedService(s => s.GetRequiredService<AggregatorMover>());
        services.AddHostedService<DrainService>();
        return silo;
    }

    /// <summary>Membership in Postgres, on a pool of its own, with failure detection in seconds.</summary>
    public static ISiloBuilder UsePostgresClustering(this ISiloBuilder silo, ClusterOptions cluster)
    {
        silo.Configure<Orleans.Configuration.ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        silo.ConfigureEndpoints(IPAddress.Parse(cluster.Address), cluster.SiloPort, cluster.GatewayPort);
        silo.UseAdoNetClustering(o => o.Invariant = "Npgsql");
        silo.Services.AddOptions<AdoNetClusteringSiloOptions>().Configure<PostgresDatabase>((o, database) => o.DataSource = database.Membership);
        // Room for a million grains is taken at once; there is one per service and shard.
        silo.Configure<GrainDirectoryOptions>(o => o.CacheSize = 100_000);
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            // A killed silo is found within a second or two, a frozen one within about eight; the defaults take 10 and 63.
            o.ProbeTimeout = TimeSpan.FromSeconds(2);
            o.MinProbeTimeout = TimeSpan.FromSeconds(1);
            o.MaxProbeTimeout = TimeSpan.FromSeconds(2);
            o.NumMissedProbesLimit = 3;
            o.NumVotesForDeathDeclaration = 1;
            o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            o.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        });
        return silo;
    }
}
