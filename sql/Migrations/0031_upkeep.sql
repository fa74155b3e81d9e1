-- What the elected silo does to the tables beside writing rows: leaves are made and dropped, rollups folded, edges derived.

create table if not exists otel.maintenance_log (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default now(),
    action     text not null,                        -- make_leaves, drop_leaves, delete_strange_rows, trim_dimensions
    table_name text not null,
    detail     text,
    affected   bigint not null,                      -- leaves or rows
    seconds    double precision not null
);
create index if not exists maintenance_log_at_idx on otel.maintenance_log (at);

-- Adds deltas of minutes before a time to otel.service_rollups, a row per key, and marks the minutes whose edges may change by it. Takes at most so many deltas,
-- and returns how many.
create or replace function otel.fold_rollups(before timestamptz, max_rows integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    folded bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('otel.fold_rollups', 0));
    with taken as (
        delete from otel.service_rollup_deltas
        where ctid = any (array(select d.ctid from otel.service_rollup_deltas d where d.minute < before order by d.minute limit max_rows))
        returning *),
    summed as (
        select t.service_name, t.minute, t.kind, t.name, sum(t.calls)::bigint as calls, sum(t.errors)::bigint as errors, sum(t.duration_ns_sum) as duration_ns_sum,
               min(t.duration_ns_min) as duration_ns_min, max(t.duration_ns_max) as duration_ns_max
        from taken t group by 1, 2, 3, 4),
    counted as (
        select t.service_name, t.minute, t.kind, t.name, b.bucket, sum(b.count)::bigint as count
        from taken t cross join lateral unnest(t.buckets, t.counts) as b(bucket, count)
        group by 1, 2, 3, 4, 5),
    histograms as (
        select c.service_name, c.minute, c.kind, c.name, array_agg(c.bucket order by c.bucket) as buckets, array_agg(c.count order by c.bucket) as counts
        from counted c group by 1, 2, 3, 4),
    stored as (
        insert into otel.service_rollups as r (service_name, minute, kind, name, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, buckets, counts)
        select service_name, minute, kind, name, s.calls, s.errors, s.duration_ns_sum, s.duration_ns_min, s.duration_ns_max, h.buckets, h.counts
        from summed s join histograms h using (service_name, minute, kind, name)
        order by service_name, minute
        on conflict (service_name, minute, kind, name) do update set
            calls = r.calls + excluded.calls,
            errors = r.errors + excluded.errors,
            duration_ns_sum = r.duration_ns_sum + excluded.duration_ns_sum,
            duration_ns_min = least(r.duration_ns_min, excluded.duration_ns_min),
            duration_ns_max = greatest(r.duration_ns_max, excluded.duration_ns_max),
            (buckets, counts) = (
                select array_agg(m.bucket order by m.bucket), array_agg(m.count order by m.bucket)
                from (select b.bucket, sum(b.count)::bigint as count
                      from (select * from unnest(r.buckets, r.counts) as x(bucket, count)
                            union all
                            select * from unnest(excluded.buckets, excluded.counts) as y(bucket, count)) b
                      group by b.bucket) m)),
    -- A caller is stored when it ends: what it called began up to its duration after its start, which is anywhere in the minute. Callers that take longer than five minutes are not waited for.
    marked as (
        insert into otel.service_edge_minutes (minute)
        select distinct m
        from taken t cross join lateral generate_series(
            t.minute, t.minute + interval '59.999999 seconds' + least(t.duration_ns_max / 1000 * interval '1 microsecond', interval '5 minutes'), interval '1 minute') as m
        on conflict (minute) do update set changed_at = now())
    select count(*) into folded from taken;
    return folded;
end $$;

-- Derives who called whom in a minute, in place of what was derived before, and returns the number of edges. A caller may have begun up to an hour before.
create or replace function otel.derive_edges(of_minute timestamptz) returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    derived integer;
begin
    perform pg_advisory_xact_lock(hashtextextended('otel.derive_edges', 0));
    delete from otel.service_edge_minutes where minute = of_minute;
    delete from otel.service_edges where minute = of_minute;
    with calls as materialized (
        select c.kind, p.service_name as caller, c.service_name as callee, c.status_code, greatest(c.duration_ns, 0) as duration_ns
        from otel.spans c
        join otel.spans p on p.trace_id = c.trace_id and p.span_id = c.parent_span_id
        where c.start_time >= of_minute and c.start_time < of_minute + interval '1 minute'
          and c.kind in (2, 5) and c.parent_span_id is not null
          and p.start_time >= of_minute - interval '1 hour' and p.start_time < of_minute + interval '2 minutes'
          and p.service_name <> c.service_name),
    counted as (
        select c.kind, c.caller, c.callee, otel.duration_bucket(c.duration_ns) as bucket, count(*) as calls, count(*) filter (where c.status_code = 2) as errors,
               sum(c.duration_ns::double precision) as ns, min(c.duration_ns) as shortest, max(c.duration_ns) as longest
        from calls c group by 1, 2, 3, 4)
    insert into otel.service_edges (minute, caller, callee, kind, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, buckets, counts)
    select of_minute, caller, callee, kind, sum(calls), sum(errors), sum(ns), min(shortest), max(longest), array_agg(bucket order by bucket), array_agg(calls order by bucket)
    from counted
    group by caller, callee, kind
    order by caller, callee;
    get diagnostics derived = row_count;
    return derived;
end $$;

-- Deletes at most so many rows of a table's default leaf that are older than a time, and returns how many: strange clocks, which no leaf is dropped for.
create or replace function otel.delete_strange_rows(parent regclass, before timestamptz, max_rows integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    time_column  name := (select a.attname from pg_partitioned_table p join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0] where p.partrelid = parent);
    default_leaf regclass := (select nullif(p.partdefid, 0)::regclass from pg_partitioned_table p where p.partrelid = parent);
    deleted bigint;
begin
    if default_leaf is null then
        return 0;
    end if;
    execute format('delete from %1$s where ctid = any (array(select ctid from %1$s where %2$I < $1 limit $2))', default_leaf, time_column) using before, max_rows;
    get diagnostics deleted = row_count;
    return deleted;
end $$;

-- Deletes at most so many rows of resources and metric series that nothing has referred to since a time, and returns how many. Silos write down once an hour what they use,
-- and write again what they use after it was deleted.
create or replace function otel.trim_dimensions(parent regclass, before timestamptz, max_rows integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    deleted bigint;
begin
    execute format('delete from %1$s where ctid = any (array(select ctid from %1$s where last_seen < $1 limit $2)) and last_seen < $1', parent) using before, max_rows;
    get diagnostics deleted = row_count;
    return deleted;
end $$;

comment on table otel.maintenance_log is 'What the elected silo did to the tables: leaves made and dropped, rows deleted by age';
