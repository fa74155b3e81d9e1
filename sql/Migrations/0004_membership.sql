-- Who is in the cluster: tables and statements for Orleans' AdoNet clustering (10.4). Orleans reads OrleansQuery through the search path of its connection and
-- runs what it finds there with named parameters; the rest is ours. Results are read by column name; a change is told by one number, 1 done or 0 refused.
-- Every change names the table version it has seen and raises it by one: of two silos that saw the same version one is refused and looks again.
create schema if not exists orleans;

create table if not exists orleans.OrleansQuery (
    QueryKey  text primary key,
    QueryText text not null
);

create table if not exists orleans.OrleansMembershipVersionTable (
    DeploymentId text primary key,
    Version      integer not null default 0,
    ChangedAt    timestamptz not null default now()
);

-- Fillfactor: every silo touches its row every few seconds.
create table if not exists orleans.OrleansMembershipTable (
    DeploymentId text not null,
    Address      text not null,
    Port         integer not null,
    Generation   integer not null,
    SiloName     text not null,
    HostName     text not null,
    Status       integer not null,                   -- SiloStatus: 3 active, 6 dead
    ProxyPort    integer not null,
    SuspectTimes text,
    StartTime    timestamptz not null,
    IAmAliveTime timestamptz not null,
    primary key (DeploymentId, Address, Port, Generation)
) with (fillfactor = 50);

insert into orleans.OrleansQuery (QueryKey, QueryText) values
('InsertMembershipVersionKey', $q$
    with fresh as (
        insert into orleans.OrleansMembershipVersionTable (DeploymentId) values (@DeploymentId)
        on conflict (DeploymentId) do nothing
        returning 1)
    select count(*)::integer from fresh
$q$),
('InsertMembershipKey', $q$
    with raised as (
        update orleans.OrleansMembershipVersionTable v set Version = v.Version + 1, ChangedAt = now()
        where v.DeploymentId = @DeploymentId and v.Version = @Version and not exists (
            select from orleans.OrleansMembershipTable m
            where m.DeploymentId = @DeploymentId and m.Address = @Address and m.Port = @Port and m.Generation = @Generation)
        returning 1),
    joined as (
        insert into orleans.OrleansMembershipTable
            (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
        select @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime from raised
        returning 1)
    select count(*)::integer from joined
$q$),
('UpdateMembershipKey', $q$
    with raised as (
        update orleans.OrleansMembershipVersionTable v set Version = v.Version + 1, ChangedAt = now()
        where v.DeploymentId = @DeploymentId and v.Version = @Version and exists (
            select from orleans.OrleansMembershipTable m
            where m.DeploymentId = @DeploymentId and m.Address = @Address and m.Port = @Port and m.Generation = @Generation)
        returning 1),
    changed as (
        update orleans.OrleansMembershipTable m set Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
        from raised
        where m.DeploymentId = @DeploymentId and m.Address = @Address and m.Port = @Port and m.Generation = @Generation
        returning 1)
    select count(*)::integer from changed
$q$),
('UpdateIAmAlivetimeKey', $q$
    update orleans.OrleansMembershipTable set IAmAliveTime = @IAmAliveTime
    where DeploymentId = @DeploymentId and Address = @Address and Port = @Port and Generation = @Generation
$q$),
-- The version row comes back even where no silo matches: Orleans then reads nulls.
('MembershipReadRowKey', $q$
    select v.Version, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime
    from orleans.OrleansMembershipVersionTable v
    left join orleans.OrleansMembershipTable m
        on m.DeploymentId = v.DeploymentId and m.Address = @Address and m.Port = @Port and m.Generation = @Generation
    where v.DeploymentId = @DeploymentId
$q$),
('MembershipReadAllKey', $q$
    select v.Version, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime
    from orleans.OrleansMembershipVersionTable v
    left join orleans.OrleansMembershipTable m on m.DeploymentId = v.DeploymentId
    where v.DeploymentId = @DeploymentId
$q$),
('GatewaysQueryKey', $q$
    select Address, ProxyPort, Generation from orleans.OrleansMembershipTable
    where DeploymentId = @DeploymentId and Status = @Status and ProxyPort > 0
$q$),
('DeleteMembershipTableEntriesKey', $q$
    with silos as (delete from orleans.OrleansMembershipTable where DeploymentId = @DeploymentId)
    delete from orleans.OrleansMembershipVersionTable where DeploymentId = @DeploymentId
$q$),
-- Only the dead: a silo that is slow to say that it lives is not ours to remove.
('CleanupDefunctSiloEntriesKey', $q$
    delete from orleans.OrleansMembershipTable
    where DeploymentId = @DeploymentId and Status = 6 and IAmAliveTime < @IAmAliveTime
$q$),
-- 10.4 decides in .NET which silo to remove and names what it saw, so that a row changed since then stays.
('CleanupDefunctSiloEntryKey', $q$
    delete from orleans.OrleansMembershipTable
    where DeploymentId = @DeploymentId and Address = @Address and Port = @Port and Generation = @Generation and Status = 6
      and StartTime = @StartTime and IAmAliveTime = @IAmAliveTime and SuspectTimes is not distinct from @SuspectTimes
$q$)
on conflict (QueryKey) do update set QueryText = excluded.QueryText;
