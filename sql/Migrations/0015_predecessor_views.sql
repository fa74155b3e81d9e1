-- The tables of otel-kafka-pg, as views: its column names, order and base types, so that its users' SQL goes on working. varchar has no length here: text::varchar
-- is the same value under another name, and predicates on it reach the indexes; text::varchar(64) is a function, and they would not.
-- Times are milliseconds since 1970, as there. A predicate on them reaches a BRIN index; created_at is the same time as timestamptz and prunes partitions as well.

-- Immutable, as an index wants it: the epoch of an interval depends on no time zone. In double precision, because numeric costs a microsecond per stored row. A double holds
-- seconds of our days to 0.0003 ms, and times have digits down to 0.001 ms: what is added keeps whole milliseconds from falling below themselves.
create or replace function otel.unix_millis(t timestamptz) returns bigint
language sql immutable strict parallel safe as $$
    select floor(date_part('epoch', t - timestamptz '1970-01-01 00:00:00+00') * 1000 + 0.0004)::bigint
$$;

create index if not exists spans_unix_millis_idx on otel.spans using brin (otel.unix_millis(start_time)) with (pages_per_range = 32, autosummarize = on);
create index if not exists log_records_unix_millis_idx on otel.log_records using brin (otel.unix_millis(time)) with (pages_per_range = 32, autosummarize = on);

-- A name that a table has (the predecessor's own, or anybody's) is left alone, and so is a schema in which we may make nothing.
do $do$
declare
    v record;
begin
    for v in select * from (values
        ('traces', $view$
            select (s.trace_id || '-' || s.span_id)::varchar as id,
                   s.trace_id::varchar as trace_id,
                   s.span_id::varchar as span_id,
                   coalesce(s.parent_span_id, '')::varchar as parent_span_id,
                   left(s.name, 255)::varchar as name,
                   s.service_name::varchar as service_name,
                   otel.unix_millis(s.start_time) as start_time,
                   otel.unix_millis(s.start_time + floor((s.duration_ns::double precision + s.start_ns) / 1000) * interval '1 microsecond') as end_time,
                   s.duration_ns / 1e6::double precision as duration,
                   (case s.status_code when 1 then 'OK' when 2 then 'ERROR' else 'UNSET' end)::varchar as status,
                   s.attributes || coalesce(r.attributes, '{}') as attributes,
                   s.start_time as created_at
            from otel.spans s
            left join otel.resources r on r.resource_id = s.resource_id $view$),
        ('logs', $view$
            select (otel.unix_millis(l.time) || '-' || md5(concat_ws('|', l.resource_id, l.time, l.time_ns, l.trace_id, l.span_id, l.body, l.attributes)))::varchar as id,
                   otel.unix_millis(l.time) as timestamp,
                   l.service_name::varchar as service_name,
                   coalesce(l.body, '') as message,
                   (case when coalesce(l.severity_text, '') <> '' then left(l.severity_text, 32)
                         else coalesce((array['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'])[(l.severity_number + 3) / 4], 'INFO') end)::varchar as severity,
                   l.trace_id::varchar as trace_id,
                   l.span_id::varchar as span_id,
                   coalesce(r.attributes, '{}') || l.attributes || jsonb_strip_nulls(jsonb_build_object('scope.name', c.name, 'scope.version', c.version)) as attributes,
                   l.time as created_at
            from otel.log_records l
            left join otel.resources r on r.resource_id = l.resource_id
            left join otel.scopes c on c.scope_id = l.scope_id $view$),
        ('metrics', $view$
            select (otel.unix_millis(p.time) || '-' || to_hex(p.series_id))::varchar as id,
                   left(s.metric_name, 255)::varchar as metric_name,
                   s.description,
                   left(s.unit, 50)::varchar as unit,
                   (case s.type when 1 then 'gauge' when 2 then case when s.is_monotonic then 'counter' else 'gauge' end when 5 then 'summary' else 'histogram' end)::varchar as type,
                   s.service_name::varchar as service_name,
                   otel.unix_millis(p.time) as timestamp,
                   p.value,
                   p.histogram_data,
                   p.summary_data,
                   s.attributes as labels,
                   r.attributes as attributes,
                   p.time as created_at
            from (
                select series_id, time, coalesce(value_double, value_int::double precision, 'NaN') as value, null::jsonb as histogram_data, null::jsonb as summary_data
                from otel.metric_number_points
                union all
                select h.series_id, h.time, coalesce(h.sum, h.count::double precision),
                       jsonb_build_object('count', h.count, 'sum', h.sum, 'min', h.min, 'max', h.max, 'bucket_counts', h.bucket_counts, 'explicit_bounds', b.explicit_bounds), null
                from otel.metric_histogram_points h left join otel.metric_histogram_bounds b on b.bounds_id = h.bounds_id
                union all
                select series_id, time, coalesce(sum, count::double precision),
                       jsonb_build_object('count', count, 'sum', sum, 'min', min, 'max', max, 'scale', scale, 'zero_count', zero_count, 'zero_threshold', zero_threshold,
                           'positive', jsonb_build_object('offset', positive_offset, 'bucket_counts', positive_counts),
                           'negative', jsonb_build_object('offset', negative_offset, 'bucket_counts', negative_counts)), null
                from otel.metric_exp_histogram_points
                union all
                select series_id, time, coalesce(sum, count::double precision), null,
                       jsonb_build_object('count', count, 'sum', sum, 'quantiles', quantiles, 'values', quantile_values)
                from otel.metric_summary_points) p
            join otel.metric_series s on s.series_id = p.series_id
            left join otel.resources r on r.resource_id = s.resource_id $view$),
        -- The predecessor's trace_id here is the id of the span's row.
        ('traces_with_logs', $view$
            select (s.trace_id || '-' || s.span_id)::varchar as trace_id,
                   left(s.name, 255)::varchar as trace_name,
                   s.service_name::varchar as service_name,
                   otel.unix_millis(s.start_time) as start_time,
                   otel.unix_millis(s.start_time + floor((s.duration_ns::double precision + s.start_ns) / 1000) * interval '1 microsecond') as end_time,
                   s.duration_ns / 1e6::double precision as duration,
                   (case s.status_code when 1 then 'OK' when 2 then 'ERROR' else 'UNSET' end)::varchar as status,
                   (select count(*) from otel.log_records l where l.trace_id = s.trace_id) as log_count
            from otel.spans s $view$),
        ('error_logs_with_traces', $view$
            select (otel.unix_millis(l.time) || '-' || md5(concat_ws('|', l.resource_id, l.time, l.time_ns, l.trace_id, l.span_id, l.body, l.attributes)))::varchar as log_id,
                   otel.unix_millis(l.time) as timestamp,
                   l.service_name::varchar as service_name,
                   coalesce(l.body, '') as message,
                   (case when coalesce(l.severity_text, '') <> '' then left(l.severity_text, 32) when l.severity_number >= 21 then 'FATAL' else 'ERROR' end)::varchar as severity,
                   l.trace_id::varchar as trace_id,
                   l.span_id::varchar as span_id,
                   left(s.name, 255)::varchar as trace_name,
                   s.duration_ns / 1e6::double precision as trace_duration,
                   (case when s.trace_id is null then null when s.status_code = 1 then 'OK' when s.status_code = 2 then 'ERROR' else 'UNSET' end)::varchar as trace_status
            from otel.log_records l
            left join otel.spans s on s.trace_id = l.trace_id and s.span_id = l.span_id
            where l.severity_number >= 17
            order by l.time desc $view$),
        -- There every five minutes, here every minute; all spans count, as they do in the queries of the predecessor.
        ('service_metrics', $view$
            with bucketed as (
                select r.service_name, r.minute, b.bucket, sum(b.count) as count, sum(r.errors) filter (where b.number = 1) as errors,
                       sum(r.duration_ns_sum) filter (where b.number = 1) as ns, min(r.duration_ns_min) as ns_min, max(r.duration_ns_max) as ns_max
                from otel_v1.rollups r cross join lateral unnest(r.buckets, r.counts) with ordinality as b(bucket, count, number)
                group by 1, 2, 3),
            ranked as (
                select b.*, sum(b.count) over (partition by b.service_name, b.minute order by b.bucket) as up_to, sum(b.count) over (partition by b.service_name, b.minute) as calls
                from bucketed b)
            select hashtext(r.service_name || ' ' || r.minute) as id,
                   r.service_name::varchar as service_name,
                   otel.unix_millis(r.minute) as time_bucket,
                   min(r.calls)::integer as request_count,
                   sum(r.errors)::integer as error_count,
                   sum(r.ns) / 1e6::double precision as total_duration,
                   min(r.ns_min) / 1e6::double precision as min_duration,
                   max(r.ns_max) / 1e6::double precision as max_duration,
                   least(max(r.ns_max) / 1e6::double precision, greatest(min(r.ns_min) / 1e6::double precision,
                       otel_v1.bucket_ms(min(r.bucket) filter (where r.up_to >= 0.95 * r.calls)))) as p95_duration,
                   least(max(r.ns_max) / 1e6::double precision, greatest(min(r.ns_min) / 1e6::double precision,
                       otel_v1.bucket_ms(min(r.bucket) filter (where r.up_to >= 0.99 * r.calls)))) as p99_duration,
                   r.minute as created_at
            from ranked r
            group by r.service_name, r.minute $view$)) as v(name, definition)
    loop
        if exists (select from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname = v.name and c.relkind <> 'v') then
            raise notice 'public.% is a table: the view of that name is not made', v.name;
        else
            begin
                execute format('create or replace view public.%I as %s', v.name, v.definition);
            exception when insufficient_privilege or invalid_table_definition or invalid_schema_name then
                raise notice 'public.% is not made: %', v.name, sqlerrm;
            end;
        end if;
    end loop;
end $do$;
