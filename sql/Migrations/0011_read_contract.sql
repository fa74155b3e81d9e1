-- The read contract, version 1: what people and dashboards query. Names, order and types of these columns stay; what has to change comes as otel_v2 beside it.
-- tests/Sql/ReadContract.txt holds the contract as text, and a test compares.
--
-- Rules for the views: time, service, trace id and the "is_…" columns are plain columns or the very expressions that indexes are partial on, so that predicates on them reach
-- the indexes and the partitions. Dimensions are joined from the left by their primary key: who selects nothing of them does not pay for the join.
-- A row with strange numbers must not make a query fail: what could overflow is computed in double precision or numeric.
create schema if not exists otel_v1;

create or replace view otel_v1.spans as
select s.trace_id,
       s.span_id,
       s.parent_span_id,
       s.service_name,
       s.name,
       coalesce((array['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'])[s.kind + 1], s.kind::text) as kind,
       s.start_time,
       s.start_time + floor((s.duration_ns::double precision + s.start_ns) / 1000) * interval '1 microsecond' as end_time,
       s.duration_ns / 1e6::double precision as duration_ms,
       coalesce((array['unset', 'ok', 'error'])[s.status_code + 1], s.status_code::text) as status,
       s.status_message,
       s.status_code = 2 as is_error,
       s.parent_span_id is null as is_root,
       s.attributes,
       r.attributes as resource_attributes,
       c.name as scope_name,
       c.version as scope_version,
       c.attributes as scope_attributes,
       s.events,
       s.links,
       s.trace_state,
       s.flags::bigint & 4294967295 as flags,
       coalesce((s.dropped->>'attributes')::bigint, 0) as dropped_attributes_count,
       coalesce((s.dropped->>'events')::bigint, 0) as dropped_events_count,
       coalesce((s.dropped->>'links')::bigint, 0) as dropped_links_count,
       trunc(extract(epoch from s.start_time) * 1000000000) + s.start_ns as start_unix_nano,
       mod(trunc(extract(epoch from s.start_time) * 1000000000) + s.start_ns + s.duration_ns + 18446744073709551616, 18446744073709551616) as end_unix_nano,
       s.duration_ns,
       s.resource_id,
       s.scope_id,
       s.lossless as original
from otel.spans s
left join otel.resources r on r.resource_id = s.resource_id
left join otel.scopes c on c.scope_id = s.scope_id;

create or replace view otel_v1.span_events as
select s.trace_id,
       s.span_id,
       s.service_name,
       s.name as span_name,
       s.start_time as span_start_time,
       e.number::integer as event_number,
       timestamptz '1970-01-01 00:00:00+00' + floor((e.event->>'time')::numeric / 1000)::double precision * interval '1 microsecond' as time,
       e.event->>'name' as name,
       coalesce(e.event->'attributes', '{}') as attributes,
       coalesce((e.event->>'dropped')::bigint, 0) as dropped_attributes_count,
       (e.event->>'time')::numeric as time_unix_nano
from otel.spans s
cross join lateral jsonb_array_elements(s.events) with ordinality as e(event, number)
where s.events is not null;

create or replace view otel_v1.span_links as
select s.trace_id,
       s.span_id,
       s.service_name,
       s.name as span_name,
       s.start_time as span_start_time,
       l.number::integer as link_number,
       l.link->>'trace_id' as linked_trace_id,
       l.link->>'span_id' as linked_span_id,
       coalesce(l.link->'attributes', '{}') as attributes,
       l.link->>'trace_state' as trace_state,
       coalesce((l.link->>'flags')::bigint, 0) as flags,
       coalesce((l.link->>'dropped')::bigint, 0) as dropped_attributes_count
from otel.spans s
cross join lateral jsonb_array_elements(s.links) with ordinality as l(link, number)
where s.links is not null;

create or replace view otel_v1.logs as
select l.time,
       l.service_name,
       coalesce((array['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'])[(l.severity_number + 3) / 4], nullif(upper(l.severity_text), ''), 'UNSPECIFIED') as severity,
       l.body,
       l.severity_number >= 17 as is_error,
       l.trace_id,
       l.span_id,
       l.attributes,
       r.attributes as resource_attributes,
       l.event_name,
       l.body_json,
       l.severity_number,
       l.severity_text,
       c.name as scope_name,
       c.version as scope_version,
       c.attributes as scope_attributes,
       l.observed_time,
       l.flags::bigint & 4294967295 as flags,
       coalesce(l.dropped_attributes_count, 0) as dropped_attributes_count,
       case when l.time_missing then 0 else trunc(extract(epoch from l.time) * 1000000000) + l.time_ns end as time_unix_nano,
       coalesce(trunc(extract(epoch from l.observed_time) * 1000000000) + l.observed_ns, 0) as observed_unix_nano,
       l.resource_id,
       l.scope_id,
       l.lossless as original
from otel.log_records l
left join otel.resources r on r.resource_id = l.resource_id
left join otel.scopes c on c.scope_id = l.scope_id;

create or replace view otel_v1.services as
select r.service_name,
       array_remove(array_agg(distinct r.service_namespace), null) as namespaces,
       count(distinct r.service_instance_id) as instances,
       count(*) as resources,
       min(r.first_seen) as first_seen,
       max(r.last_seen) as last_seen
from otel.resources r
group by r.service_name;

-- Rows of one key add up: a minute that has just passed is not folded into one row yet.
create or replace view otel_v1.rollups as
select minute, service_name, coalesce((array['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'])[kind + 1], kind::text) as kind,
       name, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, buckets, counts
from otel.service_rollups
union all
select minute, service_name, coalesce((array['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'])[kind + 1], kind::text),
       name, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, buckets, counts
from otel.service_rollup_deltas;

create or replace view otel_v1.operations as
select service_name,
       kind,
       name,
       sum(calls)::bigint as calls,
       sum(errors)::bigint as errors,
       min(minute) as first_minute,
       max(minute) as last_minute
from otel_v1.rollups
group by service_name, kind, name;

create or replace view otel_v1.trace_summaries as
select r.trace_id,
       r.service_name,
       r.name,
       r.start_time,
       t.duration_ms,
       t.span_count,
       t.error_count,
       t.service_names,
       r.duration_ms as root_duration_ms,
       r.is_error,
       r.kind,
       r.span_id as root_span_id
from otel_v1.spans r
cross join lateral (
    select count(*) as span_count,
           count(*) filter (where s.status_code = 2) as error_count,
           array_agg(distinct s.service_name) as service_names,
           1000 * extract(epoch from max(s.start_time + s.duration_ns::double precision / 1000 * interval '1 microsecond') - min(s.start_time))::double precision as duration_ms
    -- No bound in time: the planner would take it for selective and read an index over time for each trace. A probe of each leaf costs microseconds.
    from otel.spans s
    where s.trace_id = r.trace_id) t
where r.is_root;
