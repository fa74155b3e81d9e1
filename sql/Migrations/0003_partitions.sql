-- Leaves of a day (UTC), made ahead of time. A default leaf takes rows whose clock lies outside the days that exist: without it one strange clock
-- would have a whole transaction refused.

-- Makes the missing leaves of one table, from_day to to_day, and returns how many it made.
-- A leaf is created beside the table and then attached: attaching leaves readers and writers of the table alone (CREATE … PARTITION OF would lock them all out)
-- and needs the default leaf for a moment. Call it with a lock_timeout, so that a long reader of the default leaf cannot make the writers queue up behind us.
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

-- Drops the leaves of one table that end before a day, and returns how many. It needs the table for itself for some milliseconds: call it with a lock_timeout.
-- (DETACH … CONCURRENTLY is not to be had beside a default leaf.) Strange clocks in the default leaf go by DELETE.
create or replace function otel.drop_partitions_before(parent regclass, first_kept date) returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    leaf record;
    dropped integer := 0;
begin
    for leaf in
        select c.oid::regclass as relation
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = parent and c.relname ~ '_[0-9]{8}$' and to_date(right(c.relname, 8), 'YYYYMMDD') < first_kept
        order by c.relname
    loop
        execute format('drop table %s', leaf.relation);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

do $$
declare
    parent regclass;
    today date := (now() at time zone 'UTC')::date;
begin
    for parent in select p.partrelid::regclass from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
                  where c.relnamespace = 'otel'::regnamespace order by c.relname loop
        if not exists (select from pg_partitioned_table p where p.partrelid = parent and p.partdefid <> 0) then
            execute format('create table otel.%I partition of %s default', (select c.relname from pg_class c where c.oid = parent) || '_default', parent);
        end if;
        perform otel.ensure_partitions(parent, today - 1, today + 3);
    end loop;
end $$;
