-- The read contract, version 1: metrics. A view per kind of point with all there is, and one over all kinds with what they have in common.
-- "type" is in the join so that a search by metric name looks into the one table that can hold the points.
create or replace view otel_v1.number_points as
select p.time,
       s.service_name,
       s.metric_name,
       case s.type when 1 then 'gauge' when 2 then 'sum' end as kind,
       coalesce(p.value_double, p.value_int::double precision) as value,
       s.unit,
       s.attributes,
       r.attributes as resource_attributes,
       p.value_int,
       case s.temporality when 1 then 'delta' when 2 then 'cumulative' when 0 then 'unspecified' end as temporality,
       s.is_monotonic,
       p.start_time,
       s.description,
       s.metadata,
       c.name as scope_name,
       c.version as scope_version,
       c.attributes as scope_attributes,
       p.flags & 1 = 1 as is_missing,
       p.flags::bigint & 4294967295 as flags,
       trunc(extract(epoch from p.time) * 1000000000) + p.time_ns as time_unix_nano,
       coalesce(trunc(extract(epoch from p.start_time) * 1000000000) + p.start_ns, 0) as start_unix_nano,
       p.series_id,
       s.resource_id,
       s.scope_id,
       p.lossless as original
from otel.metric_number_points p
left join otel.metric_series s on s.series_id = p.series_id and s.type in (1, 2)
left join otel.resources r on r.resource_id = s.resource_id
left join otel.scopes c on c.scope_id = s.scope_id;

create or replace view otel_v1.histogram_points as
select p.time,
       s.service_name,
       s.metric_name,
       p.count,
       p.sum,
       p.min,
       p.max,
       b.explicit_bounds as bounds,
       p.bucket_counts,
       s.unit,
       s.attributes,
       r.attributes as resource_attributes,
       case s.temporality when 1 then 'delta' when 2 then 'cumulative' when 0 then 'unspecified' end as temporality,
       p.start_time,
       s.description,
       s.metadata,
       c.name as scope_name,
       c.version as scope_version,
       c.attributes as scope_attributes,
       p.flags & 1 = 1 as is_missing,
       p.flags::bigint & 4294967295 as flags,
       trunc(extract(epoch from p.time) * 1000000000) + p.time_ns as time_unix_nano,
       coalesce(trunc(extract(epoch from p.start_time) * 1000000000) + p.start_ns, 0) as start_unix_nano,
       p.series_id,
       s.resource_id,
       s.scope_id,
       p.lossless as original
from otel.metric_histogram_points p
left join otel.metric_histogram_bounds b on b.bounds_id = p.bounds_id
left join otel.metric_series s on s.series_id = p.series_id and s.type = 3
left join otel.resources r on r.resource_id = s.resource_id
left join otel.scopes c on c.scope_id = s.scope_id;

create or replace view otel_v1.exponential_histogram_points as
select p.time,
       s.service_name,
       s.metric_name,
       p.count,
       p.sum,
       p.min,
       p.max,
       p.scale,
       p.zero_count,
       p.zero_threshold,
       p.positive_offset,
       p.positive_counts,
       p.negative_offset,
       p.negative_counts,
       s.unit,
       s.attributes,
       r.attributes as resource_attributes,
       case s.temporality when 1 then 'delta' when 2 then 'cumulative' when 0 then 'unspecified' end as temporality,
       p.start_time,
       s.description,
       s.metadata,
       c.name as scope_name,
       c.version as scope_version,
       c.attributes as scope_attributes,
       p.flags & 1 = 1 as is_missing,
       p.flags::bigint & 4294967295 as flags,
       trunc(extract(epoch from p.time) * 1000000000) + p.time_ns as time_unix_nano,
       coalesce(trunc(extract(epoch from p.start_time) * 1000000000) + p.start_ns, 0) as start_unix_nano,
       p.series_id,
       s.resource_id,
       s.scope_id,
       p.lossless as original
from otel.metric_exp_histogram_points p
left join otel.metric_series s on s.series_id = p.series_id and s.type = 4
left join otel.resources r on r.resource_id = s.resource_id
left join otel.scopes c on c.scope_id = s.scope_id;

create or replace view otel_v1.summary_points as
select p.time,
       s.service_name,
       s.metric_name,
       p.count,
       p.sum,
       p.quantiles,
       p.quantile_values,
       s.unit,
       s.attributes,
       r.attributes as resource_attributes,
       p.start_time,
       s.description,
       s.metadata,
       c.name as scope_name,
       c.version as scope_version,
       c.attributes as scope_attributes,
       p.flags & 1 = 1 as is_missing,
       p.flags::bigint & 4294967295 as flags,
       trunc(extract(epoch from p.time) * 1000000000) + p.time_ns as time_unix_nano,
       coalesce(trunc(extract(epoch from p.start_time) * 1000000000) + p.start_ns, 0) as start_unix_nano,
       p.series_id,
       s.resource_id,
       s.scope_id,
       p.lossless as original
from otel.metric_summary_points p
left join otel.metric_series s on s.series_id = p.series_id and s.type = 5
left join otel.resources r on r.resource_id = s.resource_id
left join otel.scopes c on c.scope_id = s.scope_id;

create or replace view otel_v1.metric_points as
select time, service_name, metric_name, kind, value, null::numeric as count, null::double precision as sum, null::double precision as min, null::double precision as max,
       unit, attributes, resource_attributes, temporality, is_monotonic, start_time, is_missing, series_id, resource_id, scope_id
from otel_v1.number_points
union all
select time, service_name, metric_name, 'histogram', null, count, sum, min, max,
       unit, attributes, resource_attributes, temporality, null, start_time, is_missing, series_id, resource_id, scope_id
from otel_v1.histogram_points
union all
select time, service_name, metric_name, 'exponential_histogram', null, count, sum, min, max,
       unit, attributes, resource_attributes, temporality, null, start_time, is_missing, series_id, resource_id, scope_id
from otel_v1.exponential_histogram_points
union all
select time, service_name, metric_name, 'summary', null, count, sum, null, null,
       unit, attributes, resource_attributes, null, null, start_time, is_missing, series_id, resource_id, scope_id
from otel_v1.summary_points;

create or replace view otel_v1.exemplars as
select e.time,
       s.service_name,
       s.metric_name,
       case s.type when 1 then 'gauge' when 2 then 'sum' when 3 then 'histogram' when 4 then 'exponential_histogram' when 5 then 'summary' end as kind,
       coalesce(e.value_double, e.value_int::double precision) as value,
       e.trace_id,
       e.span_id,
       coalesce(e.filtered_attributes, '{}') as filtered_attributes,
       s.unit,
       s.attributes,
       r.attributes as resource_attributes,
       e.value_int,
       e.point_time,
       trunc(extract(epoch from e.time) * 1000000000) + e.time_ns as time_unix_nano,
       trunc(extract(epoch from e.point_time) * 1000000000) + e.point_ns as point_unix_nano,
       e.series_id,
       s.resource_id,
       s.scope_id,
       e.lossless as original
from otel.metric_exemplars e
left join otel.metric_series s on s.series_id = e.series_id
left join otel.resources r on r.resource_id = s.resource_id;
