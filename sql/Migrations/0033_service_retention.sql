-- Services that are kept for less time than the leaves they share with others: their rows are deleted, a range of blocks at a time.

-- How to find the service and the time of the rows "d" of a leaf: what else stands in FROM, the two expressions, and the condition of the join.
create or replace function otel.rows_with_service(leaf regclass, out source text, out service text, out at text, out condition text)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select case when has.service then '' else ', otel.metric_series m' end,
           case when has.service then 'd.service_name' else 'm.service_name' end,
           (select format('d.%I', a.attname) from pg_inherits i join pg_partitioned_table p on p.partrelid = i.inhparent join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
            where i.inhrelid = leaf),
           case when has.service then 'true' else 'm.series_id = d.series_id' end
    from (select exists (select from pg_attribute a where a.attrelid = leaf and a.attname = 'service_name') as service) has
$$;

-- Whether a leaf has rows of these services that are older than what is kept of each.
create or replace function otel.has_rows_of_services(leaf regclass, services text[], kept_from timestamptz[]) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    q record := otel.rows_with_service(leaf);
    has_rows boolean;
begin
    execute format('select exists (select from unnest($1, $2) as s(name, kept_from) where exists (select from %s d%s where %s and %s = s.name and %s < s.kept_from))',
        leaf, q.source, q.condition, q.service, q.at) into has_rows using services, kept_from;
    return has_rows;
end $$;

-- Deletes such rows from some blocks of a leaf, and returns how many. It locks what any writer locks: nothing waits for it but a leaf that is to be dropped.
create or replace function otel.delete_rows_of_services(leaf regclass, services text[], kept_from timestamptz[], first_block bigint, blocks integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    q record := otel.rows_with_service(leaf);
    deleted bigint;
begin
    execute format('delete from %s d using unnest($1, $2) as s(name, kept_from)%s where d.ctid >= %L::tid and d.ctid < %L::tid and %s and %s = s.name and %s < s.kept_from',
        leaf, q.source, format('(%s,0)', first_block), format('(%s,0)', first_block + blocks), q.condition, q.service, q.at) using services, kept_from;
    get diagnostics deleted = row_count;
    return deleted;
end $$;
