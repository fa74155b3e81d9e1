-- Two roles with what a silo and what a reader need, and no more. Run it in the database, after `otelorleans migrate` and again after each later one, as the role that ran
-- migrate (which must be able to make roles the first time: it or a superuser). Then give them to logins:
--     create role silo login password '…' in role otel_writer;
--     create role grafana login password '…' in role otel_reader;
do $$ begin
    if not exists (select from pg_roles where rolname = 'otel_writer') then create role otel_writer nologin; end if;
    if not exists (select from pg_roles where rolname = 'otel_reader') then create role otel_reader nologin; end if;
end $$;

-- The silo: adds rows and reads them; changes only what is state. It cannot change a span, a log record or a data point, nor delete one, nor make or drop
-- a table by itself; but whole days go by the function that retention uses, which it may call.
grant usage on schema otel, orleans to otel_writer;
grant select, insert on all tables in schema otel to otel_writer;
alter default privileges in schema otel grant select, insert on tables to otel_writer;
grant update on otel.ingest_ledger, otel.partition_progress, otel.topic_incarnations, otel.dead_letters to otel_writer;
grant update on otel.resources, otel.scopes, otel.metric_series, otel.metric_histogram_bounds to otel_writer;
grant delete on otel.partition_pauses to otel_writer;
revoke insert, update, delete on otel.schema_migrations from otel_writer;
grant select on all tables in schema orleans to otel_writer;
grant insert, update, delete on orleans.OrleansMembershipVersionTable, orleans.OrleansMembershipTable to otel_writer;
do $$ begin
    execute format('grant connect, temporary on database %I to otel_writer', current_database());
    execute format('grant connect on database %I to otel_reader', current_database());
end $$;

-- Looking after the tables takes their owner's right: the functions that do it run with that, whoever calls them. They take a table by name, and their
-- search_path is fixed where they are made. (A migration that makes one anew takes the right from it: hence "again after each later one".)
do $$
declare
    f regprocedure;
begin
    for f in
        select p.oid from pg_proc p
        where p.pronamespace = 'otel'::regnamespace
          and p.proname in ('ensure_partitions', 'drop_partitions_before', 'delete_strange_rows', 'trim_dimensions', 'delete_rows_of_services', 'fold_rollups', 'derive_edges')
    loop
        execute format('alter function %s security definer', f);
        execute format('revoke execute on function %s from public', f);
        execute format('grant execute on function %s to otel_writer', f);
    end loop;
end $$;

-- The reader: the read contract, the predecessor's views, and what tells how the pipeline fares; not the payloads of dead letters. (As in migration 0041, which grants it where the role is there before.)
grant usage on schema otel_v1, otel to otel_reader;
grant select on all tables in schema otel_v1 to otel_reader;
alter default privileges in schema otel_v1 grant select on tables to otel_reader;
grant select on otel.ingest_ledger, otel.ingest_flushes, otel.ingest_progress, otel.partition_progress, otel.ingest_audit, otel.offset_gaps, otel.maintenance_log to otel_reader;
grant select (id, at, topic, partition, "offset", item_index, record_time, signal, reason, sqlstate, error, service_name, content_encoding, replayed_at, dropped_at) on otel.dead_letters to otel_reader;
do $$
declare
    v regclass;
begin
    for v in select c.oid from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
             and c.relname in ('traces', 'logs', 'metrics', 'traces_with_logs', 'error_logs_with_traces', 'service_metrics') loop
        execute format('grant select on %s to otel_reader', v);
    end loop;
end $$;
