using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Sql;

/// <summary>Who queried otel-kafka-pg goes on with the same SQL: its tables are views here.</summary>
public sealed class PredecessorViewsTests(PostgresFixture postgres)
{
    // 2026-11-24 10:00 UTC in milliseconds.
    private const long Ten = 1_795_514_400_000;

    [Theory]
    [InlineData("traces", "id character varying, trace_id character varying, span_id character varying, parent_span_id character varying, name character varying, service_name character varying, start_time bigint, end_time bigint, duration double precision, status character varying, attributes jsonb, created_at timestamp with time zone")]
    [InlineData("logs", "id character varying, timestamp bigint, service_name character varying, message text, severity character varying, trace_id character varying, span_id character varying, attributes jsonb, created_at timestamp with time zone")]
    [InlineData("metrics", "id character varying, metric_name character varying, description text, unit character varying, type character varying, service_name character varying, timestamp bigint, value double precision, histogram_data jsonb, summary_data jsonb, labels jsonb, attributes jsonb, created_at timestamp with time zone")]
    [InlineData("service_metrics", "id integer, service_name character varying, time_bucket bigint, request_count integer, error_count integer, total_duration double precision, min_duration double precision, max_duration double precision, p95_duration double precision, p99_duration double precision, created_at timestamp with time zone")]
    [InlineData("traces_with_logs", "trace_id character varying, trace_name character varying, service_name character varying, start_time bigint, end_time bigint, duration double precision, status character varying, log_count bigint")]
    [InlineData("error_logs_with_traces", "log_id character varying, timestamp bigint, service_name character varying, message text, severity character varying, trace_id character varying, span_id character varying, trace_name character varying, trace_duration double precision, trace_status character varying")]
    public async Task Columns_have_its_names_order_and_types(string view, string columns)
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        Assert.Equal(columns, await sql.ScalarAsync<string>(
            $"select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum) from pg_attribute where attrelid = 'public.{view}'::regclass and attnum > 0"));
    }

    [Fact]
    public async Task Its_questions_about_traces_are_answered()
    {
        await using var sql = await LoadedAsync();

        Assert.Equal(
            $"t1-s1  GET / web {Ten} {Ten + 100} 100 OK web-1; t1-s2 s1 charge pay {Ten + 10} {Ten + 60} 50 ERROR pay-1",
            await sql.ScalarAsync<string>("""
                select string_agg(concat_ws(' ', id, parent_span_id, name, service_name, start_time, end_time, duration, status, attributes->>'host.name'), '; ')
                from (select * from traces where trace_id = 't1' order by start_time asc) t
                """));
        Assert.Equal(
            "web 3 0 100 100, pay 1 1 50 50",
            await sql.ScalarAsync<string>($"""
                select string_agg(concat_ws(' ', name, requests, failed, average, p95), ', ') from (
                    select service_name as name, count(*) as requests, count(case when status = 'ERROR' then 1 end) as failed, avg(duration) as average,
                           percentile_cont(0.95) within group (order by duration) as p95, percentile_cont(0.99) within group (order by duration) as p99
                    from traces where start_time >= {Ten - 60_000} and start_time <= {Ten + 60_000} and service_name is not null and service_name ilike '%%'
                    group by service_name order by requests desc limit 50) s
                """));
        Assert.Equal("t1 100 2 [\"pay\", \"web\"]", await sql.ScalarAsync<string>($"""
            select concat_ws(' ', trace_id, max(end_time) - min(start_time), count(*), json_agg(distinct service_name))
            from traces where start_time >= {Ten} and start_time <= {Ten + 60_000} and trace_id ilike '%t1%' group by trace_id order by min(start_time) desc limit 100
            """));
        Assert.Equal("t1-s1 2, t1-s2 2", await sql.ScalarAsync<string>("select string_agg(trace_id || ' ' || log_count, ', ' order by trace_id) from traces_with_logs where trace_name in ('GET /', 'charge') and log_count > 0"));
        Assert.Equal("pay 1 1 50 50", await sql.ScalarAsync<string>(
            "select concat_ws(' ', service_name, request_count, error_count, min_duration, p99_duration) from service_metrics where service_name = 'pay'"));
    }

    [Fact]
    public async Task Its_questions_about_logs_and_metrics_are_answered()
    {
        await using var sql = await LoadedAsync();

        Assert.Equal($"{Ten} pay card refused ERROR t1 s2 pay-1 v", await sql.ScalarAsync<string>($"""
            select concat_ws(' ', timestamp, service_name, message, severity, trace_id, span_id, attributes->>'host.name', attributes->>'k')
            from logs where timestamp >= {Ten} and timestamp <= {Ten} and service_name in ('pay') and severity = 'ERROR' and trace_id is not null and trace_id != ''
                and (message ilike '%refused%' or service_name ilike '%refused%') order by timestamp desc limit 10 offset 0
            """));
        Assert.Equal("ERROR 1, INFO 1", await sql.ScalarAsync<string>(
            "select string_agg(name || ' ' || count, ', ' order by name) from (select severity as name, count(*) as count from logs where timestamp >= 0 group by severity) s"));
        Assert.Equal("card refused charge 50 ERROR", await sql.ScalarAsync<string>("select concat_ws(' ', message, trace_name, trace_duration, trace_status) from error_logs_with_traces"));
        Assert.Equal("http counter 42 v", await sql.ScalarAsync<string>("select concat_ws(' ', metric_name, type, value, labels->>'k') from metrics where metric_name = 'http' and histogram_data is null"));
    }

    [Fact]
    public async Task Tables_of_the_same_name_are_left_alone()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync(), migrate: false);
        await sql.ExecuteAsync("create table public.traces (mine text); insert into public.traces values ('kept')");

        await sql.MigrateAsync();

        Assert.Equal("kept", await sql.ScalarAsync<string>("select mine from public.traces"));
        Assert.Equal(0, await sql.ScalarAsync<long>("select count(*) from public.logs"));
    }

    private async Task<SqlDatabase> LoadedAsync()
    {
        var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await sql.ExecuteAsync("""
            insert into otel.resources (resource_id, service_name, attributes) values (1, 'web', '{"host.name": "web-1"}'), (2, 'pay', '{"host.name": "pay-1"}');
            insert into otel.spans (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, parent_span_id, service_name, name, attributes) values
                ('2026-11-24 10:00:00+00', 100000000, 1, 1, 0, 2, 1, 't1', 's1', null, 'web', 'GET /', '{}'),
                ('2026-11-24 10:00:00.01+00', 50000000, 2, 1, 0, 2, 2, 't1', 's2', 's1', 'pay', 'charge', '{}'),
                ('2026-11-24 09:59:59+00', 100000000, 1, 1, 0, 2, 1, 't2', 's1', null, 'web', 'GET /', '{}'),
                ('2026-11-24 09:59:59+00', 100000000, 1, 1, 0, 2, 1, 't3', 's1', null, 'web', 'GET /', '{}');
            insert into otel.service_rollups (minute, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, kind, service_name, name, buckets, counts) values
                ('2026-11-24 10:00:00+00', 1, 1, 50000000, 50000000, 50000000, 2, 'pay', 'charge', array[otel.duration_bucket(50000000)], '{1}');
            insert into otel.log_records (time, resource_id, scope_id, time_ns, severity_number, severity_text, trace_id, span_id, service_name, body, attributes) values
                ('2026-11-24 10:00:00+00', 2, 1, 0, 17, null, 't1', 's2', 'pay', 'card refused', '{"k": "v"}'),
                ('2026-11-24 10:00:00.001+00', 1, 1, 0, 9, 'INFO', 't1', 's1', 'web', 'hello', '{}');
            insert into otel.metric_series (series_id, resource_id, scope_id, type, temporality, is_monotonic, service_name, metric_name, attributes) values (1, 1, 1, 2, 2, true, 'web', 'http', '{"k": "v"}');
            insert into otel.metric_number_points (time, series_id, value_int, time_ns) values ('2026-11-24 10:00:00+00', 1, 42, 0);
            """);
        return sql;
    }
}
