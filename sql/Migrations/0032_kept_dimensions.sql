-- Resources, scopes, series and bucket bounds are deleted once no row refers to them, and not before: rows whose clock ran ahead outlive the time when they came.

-- Silos write down once an hour what they use, as they do of resources and series. Those of earlier versions do not.
alter table otel.scopes add column if not exists last_seen timestamptz not null default now();
alter table otel.metric_histogram_bounds add column if not exists last_seen timestamptz not null default now();

-- Marks what the rows of a leaf refer to as seen now. What somebody else is just writing is seen anyway, and not waited for.
create or replace function otel.see_dimensions(leaf regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    dimension record;
begin
    for dimension in
        select d.id, d.relation, a.attname is not null as is_direct
        from (values ('series_id', 'otel.metric_series'), ('resource_id', 'otel.resources'), ('scope_id', 'otel.scopes'), ('bounds_id', 'otel.metric_histogram_bounds')) as d(id, relation)
        left join pg_attribute a on a.attrelid = leaf and a.attname = d.id
        left join pg_attribute s on s.attrelid = leaf and s.attname = 'series_id' and d.id in ('resource_id', 'scope_id')
        where a.attname is not null or s.attname is not null
    loop
        execute format('update %1$s set last_seen = now() where %2$I in (
                select d.%2$I from %1$s d where d.last_seen < now() - interval ''1 hour'' and d.%2$I in (%3$s) order by d.%2$I for update skip locked)',
            dimension.relation, dimension.id,
            case when dimension.is_direct then format('select r.%I from %s r', dimension.id, leaf)
                 else format('select s.%I from otel.metric_series s join %s r using (series_id)', dimension.id, leaf) end);
    end loop;
end $$;

-- As in 0005, and what moved rows refer to counts as seen when they move: they may have come long before their day.
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
    moved bigint;
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
                get diagnostics moved = row_count;
                if moved > 0 then
                    perform otel.see_dimensions(format('%I.%I', schema_name, leaf)::regclass);
                end if;
            end if;
            execute format('alter table %s attach partition %I.%I for values from (%L) to (%L)', parent, schema_name, leaf, day_start, day_end);
            made := made + 1;
        end if;
        today := today + 1;
    end loop;
    return made;
end $$;

-- Deletes at most so many rows of a dimension that were last seen before a time and that nothing kept for its own reasons refers to: rows in default leaves, whose clocks are strange, and series.
-- Returns how many. Silos write down once an hour what they use, and write again what they use after it was deleted.
create or replace function otel.trim_dimensions(parent regclass, before timestamptz, max_rows integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    id name := (select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] where i.indrelid = parent and i.indisprimary);
    unused text := (
        select coalesce(string_agg(format(' and not exists (select from %s r where r.%I = d.%I)', r.relation, id, id), '' order by r.relation), '')
        from (select p.partdefid as relation from pg_partitioned_table p join pg_class c on c.oid = p.partrelid where c.relnamespace = 'otel'::regnamespace and p.partdefid <> 0
              union all
              select 'otel.metric_series'::regclass::oid where parent <> 'otel.metric_series'::regclass) x
        cross join lateral (select x.relation::regclass as relation) r
        where exists (select from pg_attribute a where a.attrelid = x.relation and a.attname = id));
    deleted bigint;
begin
    execute format('delete from %1$s where ctid = any (array(select d.ctid from %1$s d where d.last_seen < $1%2$s limit $2)) and last_seen < $1', parent, unused) using before, max_rows;
    get diagnostics deleted = row_count;
    return deleted;
end $$;
