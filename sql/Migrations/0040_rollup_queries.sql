-- Rates, errors and durations cheaper to read. What was measured stands in sql/README.md.

-- A dashboard asks for an hour of all services, and the primary key begins with the service: without this it is read from end to end. The fold writes minute after minute, so that
-- ranges of pages are ranges of time.
create index if not exists service_rollups_minute_idx on otel.service_rollups using brin (minute) with (pages_per_range = 16, autosummarize = on);

-- As in 0013, except that histograms are taken apart in the select list (no function scan per row) and counted in double precision, which is exact up to 2^53 calls (no numeric).
-- Errors and nanoseconds of a row are lists of one: of lists taken apart side by side the shorter one is filled up with nulls, so they count once.
create or replace function otel_v1.service_red(from_time timestamptz, to_time timestamptz, step interval, kinds text[] default '{server,consumer}')
returns table (
    "time" timestamptz, service_name text, calls bigint, errors bigint, calls_per_second double precision, error_ratio double precision, avg_ms double precision,
    p50_ms double precision, p90_ms double precision, p95_ms double precision, p99_ms double precision, max_ms double precision)
language sql stable parallel safe rows 500 as $$
    with entries as (
        select date_bin(step, r.minute, timestamptz '2000-01-01 00:00:00+00') as time, r.service_name, unnest(r.buckets) as bucket, unnest(r.counts)::double precision as count,
               unnest(array[r.errors]) as errors, unnest(array[r.duration_ns_sum]) as ns, r.duration_ns_min as ns_min, r.duration_ns_max as ns_max
        from otel_v1.rollups r
        where r.minute >= from_time and r.minute < to_time and (kinds is null or r.kind = any (kinds))),
    bucketed as (
        select e.time, e.service_name, e.bucket, sum(e.count) as count, sum(e.errors) as errors, sum(e.ns) as ns, min(e.ns_min) as ns_min, max(e.ns_max) as ns_max
        from entries e
        group by 1, 2, 3),
    ranked as (
        select b.*, sum(b.count) over (partition by b.time, b.service_name order by b.bucket) as up_to, sum(b.count) over (partition by b.time, b.service_name) as calls
        from bucketed b),
    summed as (
        select r.time, r.service_name, min(r.calls) as calls, sum(r.errors)::bigint as errors, sum(r.ns) as ns,
               min(r.ns_min) / 1e6::double precision as min_ms, max(r.ns_max) / 1e6::double precision as max_ms,
               min(r.bucket) filter (where r.up_to >= 0.50::double precision * r.calls) as p50, min(r.bucket) filter (where r.up_to >= 0.90::double precision * r.calls) as p90,
               min(r.bucket) filter (where r.up_to >= 0.95::double precision * r.calls) as p95, min(r.bucket) filter (where r.up_to >= 0.99::double precision * r.calls) as p99
        from ranked r
        group by r.time, r.service_name)
    select s.time, s.service_name, s.calls::bigint, s.errors, s.calls / extract(epoch from step)::double precision, s.errors::double precision / s.calls, s.ns / s.calls / 1e6::double precision,
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p50))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p90))),
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p95))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p99))), s.max_ms
    from summed s
$$;

create or replace function otel_v1.operation_red(from_time timestamptz, to_time timestamptz)
returns table (
    service_name text, kind text, name text, calls bigint, errors bigint, calls_per_second double precision, error_ratio double precision, avg_ms double precision,
    p50_ms double precision, p90_ms double precision, p95_ms double precision, p99_ms double precision, max_ms double precision)
language sql stable parallel safe rows 500 as $$
    with entries as (
        select r.service_name, r.kind, r.name, unnest(r.buckets) as bucket, unnest(r.counts)::double precision as count,
               unnest(array[r.errors]) as errors, unnest(array[r.duration_ns_sum]) as ns, r.duration_ns_min as ns_min, r.duration_ns_max as ns_max
        from otel_v1.rollups r
        where r.minute >= from_time and r.minute < to_time),
    bucketed as (
        select e.service_name, e.kind, e.name, e.bucket, sum(e.count) as count, sum(e.errors) as errors, sum(e.ns) as ns, min(e.ns_min) as ns_min, max(e.ns_max) as ns_max
        from entries e
        group by 1, 2, 3, 4),
    ranked as (
        select b.*, sum(b.count) over (partition by b.service_name, b.kind, b.name order by b.bucket) as up_to, sum(b.count) over (partition by b.service_name, b.kind, b.name) as calls
        from bucketed b),
    summed as (
        select r.service_name, r.kind, r.name, min(r.calls) as calls, sum(r.errors)::bigint as errors, sum(r.ns) as ns,
               min(r.ns_min) / 1e6::double precision as min_ms, max(r.ns_max) / 1e6::double precision as max_ms,
               min(r.bucket) filter (where r.up_to >= 0.50::double precision * r.calls) as p50, min(r.bucket) filter (where r.up_to >= 0.90::double precision * r.calls) as p90,
               min(r.bucket) filter (where r.up_to >= 0.95::double precision * r.calls) as p95, min(r.bucket) filter (where r.up_to >= 0.99::double precision * r.calls) as p99
        from ranked r
        group by r.service_name, r.kind, r.name)
    select s.service_name, s.kind, s.name, s.calls::bigint, s.errors, s.calls / nullif(extract(epoch from to_time - from_time), 0)::double precision,
           s.errors::double precision / s.calls, s.ns / s.calls / 1e6::double precision,
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p50))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p90))),
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p95))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p99))), s.max_ms
    from summed s
$$;

create or replace function otel_v1.service_map(from_time timestamptz, to_time timestamptz)
returns table (
    caller text, callee text, kind text, calls bigint, errors bigint, calls_per_second double precision, error_ratio double precision, avg_ms double precision,
    p50_ms double precision, p95_ms double precision, p99_ms double precision, max_ms double precision)
language sql stable parallel safe rows 100 as $$
    with entries as (
        select e.caller, e.callee, e.kind, unnest(e.buckets) as bucket, unnest(e.counts)::double precision as count,
               unnest(array[e.errors]) as errors, unnest(array[e.duration_ns_sum]) as ns, e.duration_ns_min as ns_min, e.duration_ns_max as ns_max
        from otel_v1.edges e
        where e.minute >= from_time and e.minute < to_time),
    bucketed as (
        select e.caller, e.callee, e.kind, e.bucket, sum(e.count) as count, sum(e.errors) as errors, sum(e.ns) as ns, min(e.ns_min) as ns_min, max(e.ns_max) as ns_max
        from entries e
        group by 1, 2, 3, 4),
    ranked as (
        select b.*, sum(b.count) over (partition by b.caller, b.callee, b.kind order by b.bucket) as up_to, sum(b.count) over (partition by b.caller, b.callee, b.kind) as calls
        from bucketed b),
    summed as (
        select r.caller, r.callee, r.kind, min(r.calls) as calls, sum(r.errors)::bigint as errors, sum(r.ns) as ns,
               min(r.ns_min) / 1e6::double precision as min_ms, max(r.ns_max) / 1e6::double precision as max_ms,
               min(r.bucket) filter (where r.up_to >= 0.50::double precision * r.calls) as p50, min(r.bucket) filter (where r.up_to >= 0.95::double precision * r.calls) as p95,
               min(r.bucket) filter (where r.up_to >= 0.99::double precision * r.calls) as p99
        from ranked r
        group by r.caller, r.callee, r.kind)
    select s.caller, s.callee, s.kind, s.calls::bigint, s.errors, s.calls / nullif(extract(epoch from to_time - from_time), 0)::double precision,
           s.errors::double precision / s.calls, s.ns / s.calls / 1e6::double precision,
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p50))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p95))),
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p99))), s.max_ms
    from summed s
$$;
