using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.Sql;

public sealed class MembershipTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_join_are_found_by_clients_and_leave()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        using var first = Silo(sql.Database, "first");
        using var second = Silo(sql.Database, "second");
        await first.StartAsync(Ct);
        await second.StartAsync(Ct);
        Assert.Equal("first:3,second:3", await StatusAsync(sql));

        using (var client = Client(sql.Database))
        {
            await client.StartAsync(Ct);
            var hosts = await client.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Ct);
            Assert.Equal(2, hosts.Count);
            await client.StopAsync(Ct);
        }

        var seen = await sql.ScalarAsync<DateTime>("select max(IAmAliveTime) from orleans.OrleansMembershipTable");
        await sql.UntilAsync($"exists (select from orleans.OrleansMembershipTable where IAmAliveTime > '{seen:O}')");

        await second.StopAsync(Ct);
        Assert.Equal("first:3,second:6", await StatusAsync(sql));
        await first.StopAsync(Ct);
        Assert.Equal("first:6,second:6", await StatusAsync(sql));
        Assert.Equal(0L, await sql.ScalarAsync<long>("select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind <> 'v'"));
    }

    [Fact]
    public async Task The_dead_are_cleaned_up_and_the_living_stay()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        using var dead = Silo(sql.Database, "dead");
        await dead.StartAsync(Ct);
        await dead.StopAsync(Ct);
        using var living = Silo(sql.Database, "living");
        await living.StartAsync(Ct);
        var table = living.Services.GetRequiredService<IMembershipTable>();
        var now = TimeProvider.System.GetUtcNow();

        await table.CleanupDefunctSiloEntriesAsync(now.AddMinutes(-5), Ct);
        Assert.Equal("dead:6,living:3", await StatusAsync(sql));
        await table.CleanupDefunctSiloEntriesAsync(now.AddMinutes(5), Ct);
        Assert.Equal("living:3", await StatusAsync(sql));
        await living.StopAsync(Ct);

        await table.DeleteMembershipTableEntriesAsync("tests", Ct);
        Assert.Equal(0L, await sql.ScalarAsync<long>("select (select count(*) from orleans.OrleansMembershipTable) + (select count(*) from orleans.OrleansMembershipVersionTable)"));
    }

    [Fact]
    public async Task A_change_that_saw_an_old_version_is_refused()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        using var silo = Silo(sql.Database, "one");
        await silo.StartAsync(Ct);
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        var before = await table.ReadAllAsync(Ct);
        var (mine, etag) = before.Members[0];

        Assert.False(await table.InsertRowAsync(mine, before.Version.Next(), Ct));
        var results = await Task.WhenAll(Enumerable.Range(1, 6).Select(port => table.InsertRowAsync(
            new MembershipEntry
            {
                SiloAddress = SiloAddress.New(IPAddress.Parse("10.1.2.3"), port, 1),
                SiloName = $"newcomer {port}",
                HostName = mine.HostName,
                Status = SiloStatus.Joining,
                ProxyPort = port,
                StartTime = mine.StartTime,
                IAmAliveTime = mine.IAmAliveTime,
            },
            before.Version.Next(),
            Ct)));
        Assert.Single(results, joined => joined);

        Assert.False(await table.UpdateRowAsync(mine, etag, before.Version.Next(), Ct));
        var after = await table.ReadAllAsync(Ct);
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        Assert.Equal(2, after.Members.Count);
        var other = after.Members.Single(m => m.Item1.SiloAddress != mine.SiloAddress);
        other.Item1.Status = SiloStatus.Dead;
        other.Item1.AddSuspector(mine.SiloAddress, mine.StartTime);
        Assert.True(await table.UpdateRowAsync(other.Item1, other.Item2, after.Version.Next(), Ct));
        var read = Assert.Single((await table.ReadRowAsync(other.Item1.SiloAddress, Ct)).Members).Item1;
        Assert.Equal((SiloStatus.Dead, mine.SiloAddress), (read.Status, Assert.Single(read.SuspectTimes!).Item1));
        Assert.Empty((await table.ReadRowAsync(SiloAddress.New(IPAddress.Parse("10.9.9.9"), 1, 1), Ct)).Members);
        await silo.StopAsync(Ct);
    }

    private static Task<string> StatusAsync(SqlDatabase sql) =>
        sql.ScalarAsync<string>("select string_agg(SiloName || ':' || Status, ',' order by SiloName) from orleans.OrleansMembershipTable");

    private static IHost Silo(PostgresDatabase database, string name)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("tests", "tests"))
            .Configure<SiloOptions>(o => o.SiloName = name)
            .Configure<ClusterMembershipOptions>(o => o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(1))
            .ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort())
            .UseAdoNetClustering(o => (o.Invariant, o.DataSource) = ("Npgsql", database.Membership)));
        return builder.Build();
    }

    private static IHost Client(PostgresDatabase database)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("tests", "tests"))
            .UseAdoNetClustering(o => (o.Invariant, o.DataSource) = ("Npgsql", database.Membership)));
        return builder.Build();
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
