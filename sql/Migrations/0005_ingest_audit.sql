-- What the writers say they stored, so that it can be compared with what came in and with what is there. Data rows carry nothing for it: Postgres notes in
-- each row's xmin which transaction wrote it, and the transaction says here what it wrote.

-- A row per ledger move, by the transaction that moves the ledger and stores the rows: which records, and how many rows each became.
-- Partitioned by day like the data, so that retention drops leaves. A row without to_offset moves no ledger: a dead letter was replayed.
create table if not exists otel.ingest_flushes (
    at                          timestamptz not null default now(),
    transaction                 xid8 not null default pg_current_xact_id(),    -- its low half is the xmin of every row that was stored
    from_offset                 bigint,                  -- what the ledger held before; null: nothing
    to_offset                   bigint,                  -- what it holds now
    partition                   integer not null,
    spans                       integer,                 -- rows stored per table; null: none
    log_records                 integer,
    metric_number_points        integer,
    metric_histogram_points     integer,
    metric_exp_histogram_points integer,
    metric_summary_points       integer,
    metric_exemplars            integer,
    dead_letters                integer,
    service_name                text not null,
    topic                       text not null,
    offsets                     bigint[] not null,       -- the records, ascending
    rows                        integer[] not null,      -- of each record the rows of this service, dead letters among them
    decoded_rows                integer[],               -- of each record the rows of all services, as its decoder counted them; null: it has rows of this service only
    letters                     integer[]                -- of each record the dead letters among its rows; null: none
) partition by range (at);
create index if not exists ingest_flushes_topic_partition_to_offset_idx on otel.ingest_flushes (topic, partition, to_offset);

-- How many records were read up to the resume point, and how many of them have no rows (tombstones, payloads with nothing in them): sums since the partition
-- was first read, which depend on nothing but the resume point. Raised together with it.
alter table otel.partition_progress add column if not exists records bigint not null default 0;
alter table otel.partition_progress add column if not exists empty_records bigint not null default 0;

-- The same at moments of the past, about a minute apart; before a partition's first there is a row that says 0.
create table if not exists otel.ingest_progress (
    at            timestamptz not null default now(),
    next_offset   bigint not null,
    records       bigint not null,
    empty_records bigint not null,
    partition     integer not null,
    topic         text not null
) partition by range (at);
create index if not exists ingest_progress_topic_partition_next_offset_idx on otel.ingest_progress (topic, partition, next_offset);

-- Since when the ledger knows the service in this partition: earlier flushes than that there cannot be. Rows that are older than this column are as old as can be.
alter table otel.ingest_ledger add column if not exists since timestamptz not null default '-infinity';
alter table otel.ingest_ledger alter column since set default now();

-- Rows that came too early for the leaf of their day and were moved there (ensure_partitions): a new transaction, a new xmin.
create table if not exists otel.ingest_moves (
    at               timestamptz not null default now(),
    transaction      xid8 not null default pg_current_xact_id(),
    from_transaction xid8 not null,
    rows             bigint not null,
    table_name       text not null
);

-- Transaction ids in rows have 32 bits: the newest 64-bit id that ends in them.
create or replace function otel.full_transaction_id(id xid) returns xid8
language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
    select (newest - ((newest - id::text::bigint) & 4294967295))::text::xid8
    from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as newest) s
$$;

-- The day of the oldest leaf; null if the table has none.
create or replace function otel.oldest_leaf(parent regclass) returns date
language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
    select min(to_date(right(c.relname, 8), 'YYYYMMDD'))
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = parent and c.relname ~ '_[0-9]{8}$'
$$;

-- As in 0003, and it writes down which rows it moves.
create or replace function otel.ensure_partitions(parent regclass, from_day date, to_day date) returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    table_name   name := (select c.relname from pg_class c where c.oid = parent);
    schema_name  name := (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = parent);
    time_column  name := (select a.attname from pg_partitioned_table p join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0] where p.partrelid = parent);
    default_leaf regclass := (select nullif(p.partdefid, 0)::regclass from pg_partitioned_table p where p.partrelid = parent);
    today date := from_day;
    leaf name;
    day_start timestamptz;
    day_end timestamptz;
    made integer := 0;
begin
    -- One at a time: silos start together, and "if not exists" alone does not keep two of them from making the same leaf.
    perform pg_advisory_xact_lock(hashtextextended('otel.ensure_partitions', 0));
    while today <= to_day loop
        leaf := table_name || to_char(today, '_YYYYMMDD');
        day_start := today::timestamp at time zone 'UTC';
        day_end := (today + 1)::timestamp at time zone 'UTC';
        if to_regclass(format('%I.%I', schema_name, leaf)) is null then
            execute format('create table %I.%I (like %s including defaults including constraints including indexes including storage including compression)', schema_name, leaf, parent);
            if default_leaf is not null then
                -- Rows of that day that came too early wait in the default leaf; they would keep the new leaf from being attached.
                execute format('lock table %s in access exclusive mode', default_leaf);
                execute format('insert into otel.ingest_moves (table_name, from_transaction, rows) '
                    'select %L, otel.full_transaction_id(xmin), count(*) from %s where %I >= %L and %I < %L group by xmin',
                    table_name, default_leaf, time_column, day_start, time_column, day_end);
                execute format('with early as (delete from %s where %I >= %L and %I < %L returning *) insert into %I.%I select * from early',
                    default_leaf, time_column, day_start, time_column, day_end, schema_name, leaf);
            end if;
            execute format('alter table %s attach partition %I.%I for values from (%L) to (%L)', parent, schema_name, leaf, day_start, day_end);
            made := made + 1;
        end if;
        today := today + 1;
    end loop;
    return made;
end $$;

do $$
declare
    parent regclass;
    today date := (now() at time zone 'UTC')::date;
begin
    foreach parent in array array['otel.ingest_flushes', 'otel.ingest_progress']::regclass[] loop
        if not exists (select from pg_partitioned_table p where p.partrelid = parent and p.partdefid <> 0) then
            execute format('create table otel.%I partition of %s default', (select c.relname from pg_class c where c.oid = parent) || '_default', parent);
        end if;
        perform otel.ensure_partitions(parent, today - 1, today + 3);
    end loop;
    -- Partitions that were read before there was this table are known from their resume point on.
    insert into otel.ingest_progress (topic, partition, next_offset, records, empty_records)
    select p.topic, p.partition, p.next_offset, p.records, p.empty_records from otel.partition_progress p
    where not exists (select from otel.ingest_progress i where i.topic = p.topic and i.partition = p.partition);
end $$;

-- Conservation, per range of offsets between two snapshots of the resume point. Ranges that lie before the oldest flush that retention has left are not shown.
create or replace view otel.ingest_audit as
with snapshots as (
    select topic, partition, next_offset, min(at) as at, max(records) as records, max(empty_records) as empty_records,
           max(records) = min(records) and max(empty_records) = min(empty_records) as agree
    from (select topic, partition, next_offset, at, records, empty_records from otel.ingest_progress
          union all
          select topic, partition, next_offset, updated_at, records, empty_records from otel.partition_progress) s
    group by topic, partition, next_offset),
ranges as (
    select topic, partition, lag(next_offset) over earlier as from_offset, next_offset as to_offset, lag(at) over earlier as from_at, at as to_at,
           records - lag(records) over earlier as records, empty_records - lag(empty_records) over earlier as empty_records,
           agree and lag(agree) over earlier as agree, row_number() over earlier as number
    from snapshots window earlier as (partition by topic, partition order by next_offset)),
bounds as (
    select topic, partition, array_agg(next_offset order by next_offset) as offsets from snapshots group by topic, partition),
stored as (
    select f.topic, f.partition, r.at_offset, sum(r.rows) as rows, max(coalesce(r.decoded_rows, r.rows)) as decoded_rows,
           max(coalesce(r.decoded_rows, r.rows)) = min(coalesce(r.decoded_rows, r.rows)) as agree, coalesce(sum(r.letters), 0) as letters
    from otel.ingest_flushes f cross join lateral unnest(f.offsets, f.rows, f.decoded_rows, f.letters) as r (at_offset, rows, decoded_rows, letters)
    where f.to_offset is not null
    group by f.topic, f.partition, r.at_offset),
per_range as (
    select s.topic, s.partition, width_bucket(s.at_offset, b.offsets) as number, count(*) as records, count(*) filter (where s.letters = s.rows) as dead_records,
           sum(s.decoded_rows) as decoded_rows, sum(s.rows) as rows, sum(s.letters) as letters, bool_and(s.agree and s.rows = s.decoded_rows) as whole
    from stored s join bounds b on b.topic = s.topic and b.partition = s.partition
    group by s.topic, s.partition, width_bucket(s.at_offset, b.offsets)),
-- Where the oldest flush of a service was dropped, nothing can be said of what lies before those that are left.
edges as (
    select l.topic, l.partition, max(coalesce(f.from_offset, l.next_offset)) as from_offset
    from otel.ingest_ledger l
    left join lateral (
        select min(f.from_offset) as from_offset from otel.ingest_flushes f where f.topic = l.topic and f.partition = l.partition and f.service_name = l.service_name) f on true
    where l.since < otel.oldest_leaf('otel.ingest_flushes')::timestamp at time zone 'UTC'
    group by l.topic, l.partition)
select r.topic, r.partition, r.from_offset, r.to_offset, r.from_at, r.to_at,
       r.records as records_read,
       r.empty_records as records_empty,
       coalesce(p.records - p.dead_records, 0) as records_stored,
       coalesce(p.dead_records, 0) as records_dead_lettered,
       coalesce(p.decoded_rows, 0)::bigint as rows_decoded,
       coalesce(p.rows, 0)::bigint as rows_stored,
       coalesce(p.letters, 0)::bigint as dead_letters,
       r.agree and r.records = r.empty_records + coalesce(p.records, 0) and coalesce(p.whole, true) as holds
from ranges r
left join per_range p on p.topic = r.topic and p.partition = r.partition and p.number = r.number - 1
left join edges e on e.topic = r.topic and e.partition = r.partition
where r.from_offset is not null and (e.from_offset is null or r.from_offset >= e.from_offset);

comment on table otel.ingest_flushes is 'What each flush stored: a row per service, topic and partition, written by the transaction that stored the rows';
comment on table otel.ingest_progress is 'Snapshots of partition_progress, about a minute apart';
comment on table otel.ingest_moves is 'Rows that ensure_partitions moved from a default leaf to the leaf of their day';
comment on view otel.ingest_audit is 'Whether every record that was read is stored once: per topic, partition and range of offsets between two snapshots of the resume point. otelorleans audit checks more';
comment on column otel.ingest_audit.from_offset is 'First offset of the range';
comment on column otel.ingest_audit.to_offset is 'First offset behind the range';
comment on column otel.ingest_audit.from_at is 'When the resume point was at from_offset';
comment on column otel.ingest_audit.to_at is 'When the resume point was at to_offset';
comment on column otel.ingest_audit.records_read is 'Records that the silos read';
comment on column otel.ingest_audit.records_empty is 'Of them, those that have no rows: tombstones, payloads with nothing in them';
comment on column otel.ingest_audit.records_stored is 'Of them, those with at least one row in a table of data';
comment on column otel.ingest_audit.records_dead_lettered is 'Of them, those that are dead letters and nothing else';
comment on column otel.ingest_audit.rows_decoded is 'Rows that these records became, as their decoders counted them';
comment on column otel.ingest_audit.rows_stored is 'Rows that the flushes of all services stored of them, dead letters included';
comment on column otel.ingest_audit.dead_letters is 'Of those rows, the dead letters: whole payloads, and parts of payloads';
comment on column otel.ingest_audit.holds is 'records_read = records_empty + records_stored + records_dead_lettered, and of each single record as many rows are stored as were decoded';
