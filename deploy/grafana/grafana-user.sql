-- The user that Grafana logs in as: it may read what otel_reader may. Run again, it only sets the password.
\getenv password GRAFANA_POSTGRES_PASSWORD
select 'create role otel_reader nologin' where not exists (select from pg_roles where rolname = 'otel_reader') \gexec
select 'create role grafana login in role otel_reader' where not exists (select from pg_roles where rolname = 'grafana') \gexec
alter role grafana password :'password';
-- A dashboard over too long a time must not hold a server that is there for writing.
alter role grafana set statement_timeout = '60s';
alter role grafana set default_transaction_read_only = on;
