-- The read contract, version 1: functions. They name nothing but otel_v1, so whoever may read that schema may call them.
-- Functions of one SELECT are inlined by the planner: predicates on their results reach the tables. Their parameters have names that no column has.

-- Without JIT, which costs seconds where costs are guessed too high. Planned anew for each trace, when the number of its spans is known: a plan for a few spans takes minutes for 10,000. The spans are read twice, first what makes the tree of
-- them and then the rest, because arrays of whole rows are slower than that; both times in the same order.
create or replace function otel_v1.trace(of_trace text, around timestamptz default null)
returns table (
    depth integer, span_id text, parent_span_id text, service_name text, name text, kind text, start_time timestamptz, offset_ms double precision,
    duration_ms double precision, self_time_ms double precision, status text, status_message text, is_error boolean, attributes jsonb, resource_attributes jsonb,
    events jsonb, links jsonb, scope_name text, trace_id text)
language plpgsql stable rows 50 set plan_cache_mode = force_custom_plan set jit = off as $$
#variable_conflict use_column
declare
    from_time timestamptz := coalesce(around - interval '1 day', '-infinity');
    to_time   timestamptz := coalesce(around + interval '1 day', 'infinity');
    ids       text[];
    parents   text[];
    starts    double precision[];                    -- nanoseconds since the first span's start
    durations double precision[];
begin
    select array_agg(s.span_id), array_agg(s.parent_span_id), array_agg(s.began), array_agg(s.lasted)
    into ids, parents, starts, durations
    from (
        select s.span_id, s.parent_span_id, (s.start_unix_nano - min(s.start_unix_nano) over ())::double precision as began, greatest(s.duration_ns, 0)::double precision as lasted
        from otel_v1.spans s
        where s.trace_id = of_trace and s.start_time >= from_time and s.start_time < to_time
        order by s.start_time, s.start_unix_nano, s.duration_ns desc, s.span_id, s.parent_span_id) s;
    return query
    with recursive spans as materialized (
        select u.number, u.id, u.parent_id, u.began, u.began + u.lasted as ended
        from unnest(ids, parents, starts, durations) with ordinality as u(id, parent_id, began, lasted, number)
    ),
    -- A span id that comes twice (shared by client and server, or sent again) has the children with the first.
    firsts as materialized (
        select s.id, min(s.number) as number from spans s group by s.id
    ),
    -- One parent each: what is reached from a root is reached once, and what goes round in a circle never.
    parents as materialized (
        select s.number, f.number as parent from spans s left join firsts f on f.id = s.parent_id and f.number <> s.number
    ),
    tree as (
        select p.number, 0 as depth, array[p.number] as path from parents p where p.parent is null
        union all
        select p.number, t.depth + 1, t.path || p.number from tree t join parents p on p.parent = t.number
    ),
    -- Children may overlap: what they cover of their parent's time is the union of their intervals, within it.
    children as (
        select c.parent, greatest(s.began, p.began) as began, least(s.ended, p.ended) as ended,
               max(least(s.ended, p.ended)) over (partition by c.parent order by greatest(s.began, p.began), s.number rows between unbounded preceding and 1 preceding) as covered_until
        from parents c join spans s on s.number = c.number join spans p on p.number = c.parent
    ),
    covered as (
        select c.parent as number, sum(greatest(0, c.ended - greatest(c.began, c.covered_until))) as nanos from children c group by c.parent
    ),
    whole as (
        select row_number() over (order by s.start_time, s.start_unix_nano, s.duration_ns desc, s.span_id, s.parent_span_id) as number, s.*
        from otel_v1.spans s
        where s.trace_id = of_trace and s.start_time >= from_time and s.start_time < to_time
    )
    select t.depth, w.span_id, w.parent_span_id, w.service_name, w.name, w.kind, w.start_time, s.began / 1e6::double precision,
           w.duration_ms, greatest(0, s.ended - s.began - coalesce(c.nanos, 0)) / 1e6::double precision,
           w.status, w.status_message, w.is_error, w.attributes, w.resource_attributes, w.events, w.links, w.scope_name, w.trace_id
    from spans s
    join whole w on w.number = s.number
    left join tree t on t.number = s.number
    left join covered c on c.number = s.number
    order by t.path nulls last, s.number;
end $$;
comment on function otel_v1.trace(text, timestamptz) is
    'All spans of a trace as a tree, each parent followed by its children in order of start. depth: 0 for roots and for spans whose parent is not stored; null for spans that are their own ancestors. offset_ms: from the start of the first span. self_time_ms: duration without what the children cover. around: when the trace was, give or take a day; with it only the partitions of those days are looked into.';

create or replace function otel_v1.logs_of_trace(of_trace text, around timestamptz default null)
returns setof otel_v1.logs
language sql stable parallel safe rows 50 as $$
    select * from otel_v1.logs l
    where l.trace_id = of_trace and l.time >= coalesce(around - interval '1 day', '-infinity') and l.time < coalesce(around + interval '1 day', 'infinity')
    order by l.time, l.time_unix_nano
$$;
comment on function otel_v1.logs_of_trace(text, timestamptz) is
    'Log records of a trace in order of time, with the columns of otel_v1.logs. around: when the trace was, give or take a day; with it only the partitions of those days are looked into.';

-- In the middle of the bucket as logarithms go: at most 4.5 % from any duration in it.
create or replace function otel_v1.bucket_ms(bucket integer) returns double precision
language sql immutable parallel safe as $$
    select case when bucket <= 0 then 0 else power(2, (bucket - 0.5::double precision) / 8) / 1e6 end
$$;
comment on function otel_v1.bucket_ms(integer) is
    'Duration in milliseconds that stands for a bucket of otel_v1.rollups. Bucket b holds durations in (2^((b-1)/8), 2^(b/8)] nanoseconds, bucket 0 those of 1 ns and less.';

create or replace function otel_v1.service_red(from_time timestamptz, to_time timestamptz, step interval, kinds text[] default '{server,consumer}')
returns table (
    "time" timestamptz, service_name text, calls bigint, errors bigint, calls_per_second double precision, error_ratio double precision, avg_ms double precision,
    p50_ms double precision, p90_ms double precision, p95_ms double precision, p99_ms double precision, max_ms double precision)
language sql stable parallel safe rows 500 as $$
    with bucketed as (
        select date_bin(step, r.minute, timestamptz '2000-01-01 00:00:00+00') as time, r.service_name, b.bucket, sum(b.count) as count,
               sum(r.errors) filter (where b.number = 1) as errors, sum(r.duration_ns_sum) filter (where b.number = 1) as ns,
               min(r.duration_ns_min) as ns_min, max(r.duration_ns_max) as ns_max
        from otel_v1.rollups r cross join lateral unnest(r.buckets, r.counts) with ordinality as b(bucket, count, number)
        where r.minute >= from_time and r.minute < to_time and (kinds is null or r.kind = any (kinds))
        group by 1, 2, 3),
    ranked as (
        select b.*, sum(b.count) over (partition by b.time, b.service_name order by b.bucket) as up_to, sum(b.count) over (partition by b.time, b.service_name) as calls
        from bucketed b),
    summed as (
        select r.time, r.service_name, min(r.calls)::bigint as calls, sum(r.errors)::bigint as errors, sum(r.ns) as ns,
               min(r.ns_min) / 1e6::double precision as min_ms, max(r.ns_max) / 1e6::double precision as max_ms,
               min(r.bucket) filter (where r.up_to >= 0.50 * r.calls) as p50, min(r.bucket) filter (where r.up_to >= 0.90 * r.calls) as p90,
               min(r.bucket) filter (where r.up_to >= 0.95 * r.calls) as p95, min(r.bucket) filter (where r.up_to >= 0.99 * r.calls) as p99
        from ranked r
        group by r.time, r.service_name)
    select s.time, s.service_name, s.calls, s.errors, s.calls / extract(epoch from step)::double precision, s.errors::double precision / s.calls, s.ns / s.calls / 1e6::double precision,
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p50))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p90))),
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p95))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p99))), s.max_ms
    from summed s
$$;
comment on function otel_v1.service_red(timestamptz, timestamptz, interval, text[]) is
    'Rate, errors and durations per service and step, from the rollups per minute. Counts what services were asked to do (spans of kind server and consumer) unless other kinds are given; null: all. step: a minute or more. Percentiles are within 5 % of the exact ones.';

create or replace function otel_v1.operation_red(from_time timestamptz, to_time timestamptz)
returns table (
    service_name text, kind text, name text, calls bigint, errors bigint, calls_per_second double precision, error_ratio double precision, avg_ms double precision,
    p50_ms double precision, p90_ms double precision, p95_ms double precision, p99_ms double precision, max_ms double precision)
language sql stable parallel safe rows 500 as $$
    with bucketed as (
        select r.service_name, r.kind, r.name, b.bucket, sum(b.count) as count, sum(r.errors) filter (where b.number = 1) as errors,
               sum(r.duration_ns_sum) filter (where b.number = 1) as ns, min(r.duration_ns_min) as ns_min, max(r.duration_ns_max) as ns_max
        from otel_v1.rollups r cross join lateral unnest(r.buckets, r.counts) with ordinality as b(bucket, count, number)
        where r.minute >= from_time and r.minute < to_time
        group by 1, 2, 3, 4),
    ranked as (
        select b.*, sum(b.count) over (partition by b.service_name, b.kind, b.name order by b.bucket) as up_to, sum(b.count) over (partition by b.service_name, b.kind, b.name) as calls
        from bucketed b),
    summed as (
        select r.service_name, r.kind, r.name, min(r.calls)::bigint as calls, sum(r.errors)::bigint as errors, sum(r.ns) as ns,
               min(r.ns_min) / 1e6::double precision as min_ms, max(r.ns_max) / 1e6::double precision as max_ms,
               min(r.bucket) filter (where r.up_to >= 0.50 * r.calls) as p50, min(r.bucket) filter (where r.up_to >= 0.90 * r.calls) as p90,
               min(r.bucket) filter (where r.up_to >= 0.95 * r.calls) as p95, min(r.bucket) filter (where r.up_to >= 0.99 * r.calls) as p99
        from ranked r
        group by r.service_name, r.kind, r.name)
    select s.service_name, s.kind, s.name, s.calls, s.errors, s.calls / nullif(extract(epoch from to_time - from_time), 0)::double precision,
           s.errors::double precision / s.calls, s.ns / s.calls / 1e6::double precision,
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p50))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p90))),
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p95))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p99))), s.max_ms
    from summed s
$$;
comment on function otel_v1.operation_red(timestamptz, timestamptz) is
    'Rate, errors and durations per service, span kind and span name over a time, from the rollups per minute. Percentiles are within 5 % of the exact ones. The name "(other)" stands for the names beyond those that are told apart.';

-- An aggregate of its own: reading edges needs no rows of otel.
create or replace view otel_v1.edges as
select minute, caller, callee, case kind when 5 then 'consumer' else 'server' end as kind, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, buckets, counts
from otel.service_edges;

create or replace function otel_v1.service_map(from_time timestamptz, to_time timestamptz)
returns table (
    caller text, callee text, kind text, calls bigint, errors bigint, calls_per_second double precision, error_ratio double precision, avg_ms double precision,
    p50_ms double precision, p95_ms double precision, p99_ms double precision, max_ms double precision)
language sql stable parallel safe rows 100 as $$
    with bucketed as (
        select e.caller, e.callee, e.kind, b.bucket, sum(b.count) as count, sum(e.errors) filter (where b.number = 1) as errors,
               sum(e.duration_ns_sum) filter (where b.number = 1) as ns, min(e.duration_ns_min) as ns_min, max(e.duration_ns_max) as ns_max
        from otel_v1.edges e cross join lateral unnest(e.buckets, e.counts) with ordinality as b(bucket, count, number)
        where e.minute >= from_time and e.minute < to_time
        group by 1, 2, 3, 4),
    ranked as (
        select b.*, sum(b.count) over (partition by b.caller, b.callee, b.kind order by b.bucket) as up_to, sum(b.count) over (partition by b.caller, b.callee, b.kind) as calls
        from bucketed b),
    summed as (
        select r.caller, r.callee, r.kind, min(r.calls)::bigint as calls, sum(r.errors)::bigint as errors, sum(r.ns) as ns,
               min(r.ns_min) / 1e6::double precision as min_ms, max(r.ns_max) / 1e6::double precision as max_ms,
               min(r.bucket) filter (where r.up_to >= 0.50 * r.calls) as p50, min(r.bucket) filter (where r.up_to >= 0.95 * r.calls) as p95,
               min(r.bucket) filter (where r.up_to >= 0.99 * r.calls) as p99
        from ranked r
        group by r.caller, r.callee, r.kind)
    select s.caller, s.callee, s.kind, s.calls, s.errors, s.calls / nullif(extract(epoch from to_time - from_time), 0)::double precision,
           s.errors::double precision / s.calls, s.ns / s.calls / 1e6::double precision,
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p50))), least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p95))),
           least(s.max_ms, greatest(s.min_ms, otel_v1.bucket_ms(s.p99))), s.max_ms
    from summed s
$$;
comment on function otel_v1.service_map(timestamptz, timestamptz) is
    'Which service called which, how often, with how many errors and how long it took the callee. A call is a span of kind server or consumer whose parent belongs to another service. A minute appears some minutes after it has passed.';
