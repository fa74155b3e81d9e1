-- Rate, errors and durations per minute, counted by the flushes that store the spans.

-- What flushes add, in the transaction of their spans. Rows of one key add up. The elected keeper folds minutes that have passed into otel.service_rollups.
-- Appending keeps flushes apart: an upsert would make those of one service wait for each other, and leave a dead row behind for every flush.
create table if not exists otel.service_rollup_deltas (
    minute          timestamptz not null,            -- of the spans' start
    calls           bigint not null,
    errors          bigint not null,                 -- spans with the status "error"
    duration_ns_sum double precision not null,       -- exact up to 104 days; negative durations count as 0
    duration_ns_min bigint not null,
    duration_ns_max bigint not null,
    kind            smallint not null,
    service_name    text not null,
    name            text not null,                   -- at most 255 characters of the span's name; '(other)' beyond the names that are told apart
    buckets         smallint[] not null,             -- ascending; bucket b holds durations in (2^((b-1)/8), 2^(b/8)] ns, bucket 0 those of 1 ns and less
    counts          bigint[] not null                -- of the buckets, one for one
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0.2);
create index if not exists service_rollup_deltas_service_name_minute_idx on otel.service_rollup_deltas (service_name, minute);
create index if not exists service_rollup_deltas_minute_idx on otel.service_rollup_deltas (minute);

-- The same, one row per key, ordered by service on disk.
create table if not exists otel.service_rollups (
    minute          timestamptz not null,
    calls           bigint not null,
    errors          bigint not null,
    duration_ns_sum double precision not null,
    duration_ns_min bigint not null,
    duration_ns_max bigint not null,
    kind            smallint not null,
    service_name    text not null,
    name            text not null,
    buckets         smallint[] not null,
    counts          bigint[] not null,
    primary key (service_name, minute, kind, name)
) partition by range (minute);

-- Who calls whom: spans of kind server and consumer whose parent belongs to another service. Caller and callee are written by different aggregators, so a minute
-- is derived from stored spans once no more seem to come, and again, as a whole, if some do.
create table if not exists otel.service_edges (
    minute          timestamptz not null,            -- of the callee's start
    calls           bigint not null,
    errors          bigint not null,                 -- callee's spans with the status "error"
    duration_ns_sum double precision not null,       -- durations as the callee saw them
    duration_ns_min bigint not null,
    duration_ns_max bigint not null,
    kind            smallint not null,               -- 2 server, 5 consumer
    caller          text not null,
    callee          text not null,
    buckets         smallint[] not null,
    counts          bigint[] not null,
    primary key (minute, caller, callee, kind)
) partition by range (minute);

-- Minutes whose edges are to be derived.
create table if not exists otel.service_edge_minutes (
    minute     timestamptz primary key,
    changed_at timestamptz not null default now()    -- when spans of that minute were last folded in
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Bucket of a duration; sql/Copy/DurationBuckets.cs has the same in C#. The thousand-millionth keeps powers of two, which are borders, on their side of the border.
create or replace function otel.duration_bucket(duration_ns bigint) returns smallint
language sql immutable parallel safe as $$
    select case when duration_ns <= 1 then 0 else ceil(8 * ln(duration_ns::double precision) / ln(2::double precision) - 1e-9) end::smallint
$$;

do $$
declare
    parent regclass;
    today date := (now() at time zone 'UTC')::date;
begin
    foreach parent in array array['otel.service_rollups', 'otel.service_edges']::regclass[] loop
        if not exists (select from pg_partitioned_table p where p.partrelid = parent and p.partdefid <> 0) then
            execute format('create table otel.%I partition of %s default', (select c.relname from pg_class c where c.oid = parent) || '_default', parent);
        end if;
        perform otel.ensure_partitions(parent, today - 1, today + 3);
    end loop;
end $$;
