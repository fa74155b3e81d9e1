-- What is stored. Columns are ordered by width (8, 4, 2 bytes, then the variable ones): no padding between them.
-- The columns that COPY fills are listed a second time in sql/Copy/CopyLayouts.cs; a test and the start of a silo compare the two.
create schema if not exists otel;

-- Dimensions. Ids are hashes of canonical content, so every silo finds the same one by itself; rows are upserted before the flush that refers to them.
create table if not exists otel.resources (
    resource_id              bigint primary key,
    service_name             text not null,
    service_namespace        text,
    service_instance_id      text,
    schema_url               text,
    dropped_attributes_count bigint not null default 0,
    attributes               jsonb not null,
    entity_refs              jsonb,                               -- [{"type", "id_keys", "description_keys", "schema_url"}], in the order of the sender
    lossless                 bytea,                               -- a protobuf ResourceSpans with the original Resource and schema URL, where a value had to change
    first_seen               timestamptz not null default now(),
    last_seen                timestamptz not null default now()   -- true to the hour
) with (fillfactor = 90);
create index if not exists resources_service_name_idx on otel.resources (service_name);
create index if not exists resources_attributes_idx on otel.resources using gin (attributes jsonb_path_ops);

create table if not exists otel.scopes (
    scope_id                 bigint primary key,
    name                     text not null,
    version                  text,
    schema_url               text,
    dropped_attributes_count bigint not null default 0,
    attributes               jsonb not null default '{}',
    lossless                 bytea,
    first_seen               timestamptz not null default now()
);

create table if not exists otel.metric_series (
    series_id    bigint primary key,                 -- hash of resource, scope, name, unit, type, temporality, monotonicity and attributes
    resource_id  bigint not null,
    scope_id     bigint not null,
    first_seen   timestamptz not null default now(),
    last_seen    timestamptz not null default now(), -- true to the hour
    type         smallint not null,                  -- 1 gauge, 2 sum, 3 histogram, 4 exponential histogram, 5 summary
    temporality  smallint not null default 0,        -- 0 unspecified, 1 delta, 2 cumulative
    is_monotonic boolean,
    service_name text not null,
    metric_name  text not null,
    unit         text,
    description  text,
    attributes   jsonb not null,
    metadata     jsonb,
    lossless     bytea
) with (fillfactor = 90);
create index if not exists metric_series_metric_name_service_name_idx on otel.metric_series (metric_name, service_name);
create index if not exists metric_series_attributes_idx on otel.metric_series using gin (attributes jsonb_path_ops);

create table if not exists otel.metric_histogram_bounds (
    bounds_id       bigint primary key,
    explicit_bounds double precision[] not null
);

-- Spans. start_time holds microseconds, start_ns the last three digits of the nanoseconds: together exact for every uint64.
create table if not exists otel.spans (
    start_time     timestamptz not null,
    duration_ns    bigint not null,                  -- negative where the sender's end lies before its start
    resource_id    bigint not null,
    scope_id       bigint not null,
    flags          integer not null default 0,       -- the uint32 of OTLP, bit for bit
    start_ns       smallint not null,
    kind           smallint not null,
    status_code    smallint not null,                -- 0 unset, 1 ok, 2 error
    trace_id       text not null,                    -- lower-case hex
    span_id        text not null,
    parent_span_id text,                             -- null for a root
    service_name   text not null,                    -- at most 255 characters: it is in a btree
    name           text not null,
    status_message text,
    trace_state    text,
    attributes     jsonb not null,
    events         jsonb,
    links          jsonb,
    dropped        jsonb,
    lossless       bytea                             -- the original protobuf Span, where a value had to change to fit
) partition by range (start_time);
create index if not exists spans_trace_id_idx on otel.spans (trace_id);
create index if not exists spans_service_name_start_time_idx on otel.spans (service_name, start_time);
create index if not exists spans_start_time_idx on otel.spans (start_time);
create index if not exists spans_errors_idx on otel.spans (service_name, start_time) where status_code = 2;

create table if not exists otel.log_records (
    time                     timestamptz not null,   -- time_unix_nano, or observed_time_unix_nano where that is 0
    observed_time            timestamptz,
    resource_id              bigint not null,
    scope_id                 bigint not null,
    flags                    integer not null default 0,
    time_ns                  smallint not null,
    observed_ns              smallint,
    severity_number          smallint not null,
    time_missing             boolean not null default false,
    trace_id                 text,
    span_id                  text,
    service_name             text not null,
    severity_text            text,
    event_name               text,
    body                     text,                   -- the string, or the JSON text of a structured body
    body_json                jsonb,                  -- set where the body is not a string
    attributes               jsonb not null,
    dropped_attributes_count bigint,
    lossless                 bytea
) partition by range (time);
create index if not exists log_records_service_name_time_idx on otel.log_records (service_name, time);
create index if not exists log_records_time_idx on otel.log_records (time);
create index if not exists log_records_trace_id_idx on otel.log_records (trace_id) where trace_id is not null;
create index if not exists log_records_errors_idx on otel.log_records (time) where severity_number >= 17;

-- Data points carry numbers only; everything else is in metric_series. count columns are uint64, hence numeric.
-- The BRIN over time costs next to nothing and finds the latest points without knowing a series.
create table if not exists otel.metric_number_points (
    time         timestamptz not null,
    start_time   timestamptz,
    series_id    bigint not null,
    value_double double precision,                   -- exactly one of the two values is set; none where no value was recorded
    value_int    bigint,
    flags        integer not null default 0,
    time_ns      smallint not null,
    start_ns     smallint,
    lossless     bytea                               -- the original protobuf message of the point, as in all tables of points
) partition by range (time);
create index if not exists metric_number_points_series_id_time_idx on otel.metric_number_points (series_id, time);
create index if not exists metric_number_points_time_idx on otel.metric_number_points using brin (time);

create table if not exists otel.metric_histogram_points (
    time          timestamptz not null,
    start_time    timestamptz,
    series_id     bigint not null,
    count         numeric(20,0) not null,
    sum           double precision,                  -- null where the sender did not say
    min           double precision,
    max           double precision,
    bounds_id     bigint,
    flags         integer not null default 0,
    time_ns       smallint not null,
    start_ns      smallint,
    bucket_counts bigint[],
    lossless      bytea
) partition by range (time);
create index if not exists metric_histogram_points_series_id_time_idx on otel.metric_histogram_points (series_id, time);
create index if not exists metric_histogram_points_time_idx on otel.metric_histogram_points using brin (time);

create table if not exists otel.metric_exp_histogram_points (
    time            timestamptz not null,
    start_time      timestamptz,
    series_id       bigint not null,
    count           numeric(20,0) not null,
    sum             double precision,
    min             double precision,
    max             double precision,
    zero_count      numeric(20,0) not null,
    zero_threshold  double precision,
    scale           integer not null,
    positive_offset integer,
    negative_offset integer,
    flags           integer not null default 0,
    time_ns         smallint not null,
    start_ns        smallint,
    positive_counts bigint[],
    negative_counts bigint[],
    lossless        bytea
) partition by range (time);
create index if not exists metric_exp_histogram_points_series_id_time_idx on otel.metric_exp_histogram_points (series_id, time);
create index if not exists metric_exp_histogram_points_time_idx on otel.metric_exp_histogram_points using brin (time);

create table if not exists otel.metric_summary_points (
    time            timestamptz not null,
    start_time      timestamptz,
    series_id       bigint not null,
    count           numeric(20,0) not null,
    sum             double precision,
    flags           integer not null default 0,
    time_ns         smallint not null,
    start_ns        smallint,
    quantiles       double precision[],
    quantile_values double precision[],
    lossless        bytea
) partition by range (time);
create index if not exists metric_summary_points_series_id_time_idx on otel.metric_summary_points (series_id, time);
create index if not exists metric_summary_points_time_idx on otel.metric_summary_points using brin (time);

create table if not exists otel.metric_exemplars (
    time                timestamptz not null,
    point_time          timestamptz not null,        -- time of the data point that carries the exemplar
    series_id           bigint not null,
    value_double        double precision,
    value_int           bigint,
    time_ns             smallint not null,
    point_ns            smallint not null,
    trace_id            text,
    span_id             text,
    filtered_attributes jsonb,
    lossless            bytea
) partition by range (time);
create index if not exists metric_exemplars_series_id_time_idx on otel.metric_exemplars (series_id, time);
create index if not exists metric_exemplars_trace_id_idx on otel.metric_exemplars (trace_id) where trace_id is not null;

-- lz4 makes rows with long attributes cost about 0.6 times as much, but a server can be built without it. Leaves inherit the choice.
do $$
begin
    alter table otel.spans alter column attributes set compression lz4, alter column events set compression lz4, alter column lossless set compression lz4;
    alter table otel.log_records alter column attributes set compression lz4, alter column body set compression lz4,
        alter column body_json set compression lz4, alter column lossless set compression lz4;
exception when feature_not_supported or invalid_parameter_value then
    raise notice 'this server has no lz4: long values stay with its default compression';
end $$;
