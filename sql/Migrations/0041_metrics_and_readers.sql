-- The read contract, version 1: what metrics there are, without reading a point.
create or replace view otel_v1.metrics as
select s.service_name,
       s.metric_name,
       case s.type when 1 then 'gauge' when 2 then 'sum' when 3 then 'histogram' when 4 then 'exponential_histogram' when 5 then 'summary' end as kind,
       s.unit,
       case s.temporality when 1 then 'delta' when 2 then 'cumulative' when 0 then 'unspecified' end as temporality,
       s.is_monotonic,
       max(s.description) as description,
       count(*) as series,
       min(s.first_seen) as first_seen,
       max(s.last_seen) as last_seen
from otel.metric_series s
group by s.service_name, s.metric_name, s.type, s.unit, s.temporality, s.is_monotonic;

comment on view otel_v1.metrics is 'One row per metric of a service that has sent any. Filter by metric_name or service_name.';
comment on column otel_v1.metrics.service_name is 'service.name of the resource, at most 255 characters; "unknown_service" where the sender gave none.';
comment on column otel_v1.metrics.metric_name is 'Name of the metric.';
comment on column otel_v1.metrics.kind is 'Kind of metric: gauge, sum, histogram, exponential_histogram or summary.';
comment on column otel_v1.metrics.unit is 'Unit of the metric in UCUM notation; null if none.';
comment on column otel_v1.metrics.temporality is 'delta, cumulative or unspecified; gauges and summaries have none that means anything.';
comment on column otel_v1.metrics.is_monotonic is 'Whether a sum only grows; null for other kinds.';
comment on column otel_v1.metrics.description is 'What the sender says of it; where senders differ, one of them.';
comment on column otel_v1.metrics.series is 'How many series it has: distinct sets of resource, scope and attributes.';
comment on column otel_v1.metrics.first_seen is 'When the first of its series was first stored.';
comment on column otel_v1.metrics.last_seen is 'When one of its series was last stored, true to the hour.';

-- Who may look: the read contract, and what tells how the pipeline fares. Payloads of dead letters are not in it. A role belongs to the whole server, so it may be there already, and making
-- one may not be ours to do: then the grants below are for a person to repeat (sql/README.md).
do $$
begin
    if not exists (select from pg_roles where rolname = 'otel_reader') then
        create role otel_reader nologin;
    end if;
exception when duplicate_object or unique_violation then
    null;
when insufficient_privilege then
    raise notice 'the role otel_reader is not made: %', sqlerrm;
end $$;

do $$
begin
    if exists (select from pg_roles where rolname = 'otel_reader') then
        grant usage on schema otel_v1, otel to otel_reader;
        grant select on all tables in schema otel_v1 to otel_reader;
        alter default privileges in schema otel_v1 grant select on tables to otel_reader;
        grant select on otel.ingest_ledger, otel.ingest_flushes, otel.ingest_progress, otel.partition_progress, otel.ingest_audit, otel.offset_gaps, otel.maintenance_log to otel_reader;
        grant select (id, at, topic, partition, "offset", item_index, record_time, signal, reason, sqlstate, error, service_name, content_encoding, replayed_at, dropped_at) on otel.dead_letters to otel_reader;
    end if;
end $$;
