using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Sql;

/// <summary>What people query: the schema <c>otel_v1</c>.</summary>
public sealed class ReadContractTests(PostgresFixture postgres)
{
    private const string Span =
        "insert into otel.spans (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, parent_span_id, service_name, name, attributes";

    private static readonly string ContractFile = Path.Combine(Repository.Root, "tests", "Sql", "ReadContract.txt");

    /// <summary>Read this when it fails: a column that goes, moves, or changes its name or type breaks people's dashboards, so it belongs into otel_v2. What is new may be appended.</summary>
    [Fact]
    public async Task Contract_stays_as_it_is_written_down()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var actual = await sql.ScalarAsync<string>("""
            select string_agg(line, e'\n' order by section, name, number)
            from (
                select 1 as section, k.relname::text as name, 0 as number, format('view %s: %s', k.relname, obj_description(k.oid, 'pg_class')) as line
                from pg_class k where k.relnamespace = 'otel_v1'::regnamespace and k.relkind = 'v'
                union all
                select 1, k.relname, a.attnum, format('    %s %s: %s', a.attname, format_type(a.atttypid, a.atttypmod), col_description(k.oid, a.attnum))
                from pg_class k join pg_attribute a on a.attrelid = k.oid and a.attnum > 0
                where k.relnamespace = 'otel_v1'::regnamespace and k.relkind = 'v'
                union all
                select 2, p.proname, 0, format('function %s(%s): %s%s    returns %s', p.proname, pg_get_function_arguments(p.oid), obj_description(p.oid, 'pg_proc'), e'\n', pg_get_function_result(p.oid))
                from pg_proc p where p.pronamespace = 'otel_v1'::regnamespace) lines
            """);

        var written = Path.Combine(AppContext.BaseDirectory, "ReadContract.actual.txt");
        await File.WriteAllTextAsync(written, actual + "\n", TestContext.Current.CancellationToken);
        Assert.True(actual.TrimEnd() == (await File.ReadAllTextAsync(ContractFile, TestContext.Current.CancellationToken)).TrimEnd(), $"{ContractFile} says otherwise than {written}");
        Assert.DoesNotContain(": \n", actual + "\n", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spans_events_and_links_read_as_people_expect()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await sql.ExecuteAsync($$"""
            insert into otel.resources (resource_id, service_name, attributes) values (1, 'cart', '{"host.name": "a"}');
            insert into otel.scopes (scope_id, name, version) values (1, 'lib', '2.0');
            {{Span}}, events, links, dropped, flags) values
                ('2026-11-24 10:00:00.000001+00', 1500002, 1, 1, 999, 2, 2, 't1', 's1', null, 'cart', 'GET /', '{"a": 1}',
                 '[{"time": 18446744073709551615, "name": "far"}, {"time": 1700000000000000001, "name": "exception", "attributes": {"x": 1}, "dropped": 3}]',
                 '[{"trace_id": "t0", "span_id": "s0", "flags": 1}]', '{"attributes": 1, "events": 2, "links": 3}', -1),
                -- Ends before 1970 as a sender without a clock says it, and an unknown resource, kind and status.
                ('2026-11-24 10:00:00+00', -1795514400000000000, 7, 7, 0, 9, 8, 't2', 's2', 's1', 'cart', 'odd', '{}', null, null, null, 0),
                ('1970-01-01 00:00:00+00', 9223372036854775807, 7, 7, 999, 0, 0, 't3', 's3', 's1', 'cart', 'long', '{}', null, null, null, 0);
            """);

        Assert.Equal(
            "server|error|t|t|1.500002|2026-11-24 10:00:00.000001+00|2026-11-24 10:00:00.001502+00|1795514400000001999|1795514400001502001|4294967295|1,2,3|lib|2.0|a",
            await sql.ScalarAsync<string>("""
                select concat_ws('|', kind, status, is_error, is_root, duration_ms, start_time, end_time, start_unix_nano, end_unix_nano, flags,
                    concat_ws(',', dropped_attributes_count, dropped_events_count, dropped_links_count), scope_name, scope_version, resource_attributes->>'host.name')
                from otel_v1.spans where trace_id = 't1'
                """));
        Assert.Equal("9|8|f|f|0", await sql.ScalarAsync<string>("select concat_ws('|', kind, status, is_error, is_root, end_unix_nano, resource_attributes) from otel_v1.spans where trace_id = 't2'"));
        Assert.Equal("9223372036854776806", await sql.ScalarAsync<string>("select end_unix_nano::text from otel_v1.spans where trace_id = 't3' and end_time > start_time"));
        Assert.Equal(
            "1|2554-07-21 23:34:33.709552+00|far|{}|0|18446744073709551615,2|2023-11-14 22:13:20+00|exception|{\"x\": 1}|3|1700000000000000001",
            await sql.ScalarAsync<string>("""
                select string_agg(concat_ws('|', event_number, time, name, attributes, dropped_attributes_count, time_unix_nano), ',' order by event_number)
                from otel_v1.span_events where service_name = 'cart' and span_name = 'GET /'
                """));
        Assert.Equal("1|t0|s0|{}|1|0", await sql.ScalarAsync<string>("select concat_ws('|', link_number, linked_trace_id, linked_span_id, attributes, flags, dropped_attributes_count) from otel_v1.span_links"));
        Assert.Equal("cart|1|1", await sql.ScalarAsync<string>("select concat_ws('|', service_name, instances, resources) from (select service_name, cardinality(namespaces) + 1 as instances, resources from otel_v1.services) s"));
    }

    [Fact]
    public async Task Logs_read_as_people_expect()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await sql.ExecuteAsync("""
            insert into otel.log_records (time, observed_time, resource_id, scope_id, time_ns, observed_ns, severity_number, severity_text, trace_id, service_name, body, attributes, time_missing) values
                ('2026-11-24 10:00:00+00', '2026-11-24 10:00:01+00', 1, 1, 5, 7, 17, 'Fehler', 't1', 'cart', 'one', '{}', false),
                ('2026-11-24 10:00:00+00', '2026-11-24 10:00:00+00', 1, 1, 3, 3, 0, 'notice', 't1', 'cart', 'two', '{}', true),
                ('2026-11-22 10:00:00+00', null, 1, 1, 1, null, 24, null, 't1', 'cart', 'three', '{}', false),
                ('2026-11-24 10:00:00+00', null, 1, 1, 1, null, 0, null, 't2', 'cart', 'four', '{}', false);
            """);

        Assert.Equal(
            "four|UNSPECIFIED|f|1795514400000000001|0,one|ERROR|t|1795514400000000005|1795514401000000007,three|FATAL|t|1795341600000000001|0,two|NOTICE|f|0|1795514400000000003",
            await sql.ScalarAsync<string>("select string_agg(concat_ws('|', body, severity, is_error, time_unix_nano, observed_unix_nano), ',' order by body) from otel_v1.logs"));
        Assert.Equal("three,two,one", await sql.ScalarAsync<string>("select string_agg(body, ',') from otel_v1.logs_of_trace('t1')"));
        Assert.Equal("two,one", await sql.ScalarAsync<string>("select string_agg(body, ',') from otel_v1.logs_of_trace('t1', '2026-11-24 12:00:00+00')"));
    }

    [Fact]
    public async Task Metric_points_of_every_kind_read_as_people_expect()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await sql.ExecuteAsync("""
            insert into otel.resources (resource_id, service_name, attributes) values (1, 'cart', '{"host.name": "a"}');
            insert into otel.metric_series (series_id, resource_id, scope_id, type, temporality, is_monotonic, service_name, metric_name, unit, attributes)
                select type, 1, 1, type, 2, case when type = 2 then true end, 'cart', 'metric' || type, 's', '{"k": 1}' from generate_series(1, 5) type;
            insert into otel.metric_histogram_bounds values (3, '{1, 2}');
            insert into otel.metric_number_points (time, series_id, value_double, value_int, flags, time_ns) values (now(), 1, 0.5, null, 0, 0), (now(), 2, null, 42, 0, 0), (now() - interval '1 s', 2, null, null, 1, 0);
            insert into otel.metric_histogram_points (time, series_id, count, sum, bounds_id, bucket_counts, time_ns) values (now(), 3, 6, 7.5, 3, '{1,2,3}', 0);
            insert into otel.metric_exp_histogram_points (time, series_id, count, sum, zero_count, scale, positive_offset, positive_counts, time_ns) values (now(), 4, 3, 1.5, 1, 2, -1, '{2}', 0);
            insert into otel.metric_summary_points (time, series_id, count, sum, quantiles, quantile_values, time_ns) values (now(), 5, 9, 4.5, '{0.5}', '{0.25}', 0);
            insert into otel.metric_exemplars (time, point_time, series_id, value_double, trace_id, span_id, time_ns, point_ns) values (now(), now(), 3, 1.25, 't1', 's1', 0, 0);
            """);

        Assert.Equal(
            "metric1|gauge|0.5,metric2|sum||missing,metric2|sum|42,metric3|histogram||6|7.5,metric4|exponential_histogram||3|1.5,metric5|summary||9|4.5",
            await sql.ScalarAsync<string>("""
                select string_agg(concat_ws('|', metric_name, kind, coalesce(value::text, ''), count, sum, case when is_missing then 'missing' end), ',' order by metric_name, time)
                from otel_v1.metric_points where service_name = 'cart' and unit = 's' and attributes->>'k' = '1' and resource_attributes->>'host.name' = 'a'
                """));
        Assert.Equal("cumulative|t|42", await sql.ScalarAsync<string>("select concat_ws('|', temporality, is_monotonic, value_int) from otel_v1.number_points where metric_name = 'metric2' and not is_missing"));
        Assert.Equal("{1,2}|{1,2,3}", await sql.ScalarAsync<string>("select concat_ws('|', bounds, bucket_counts) from otel_v1.histogram_points where metric_name = 'metric3'"));
        Assert.Equal("2|1|-1|{2}", await sql.ScalarAsync<string>("select concat_ws('|', scale, zero_count, positive_offset, positive_counts) from otel_v1.exponential_histogram_points"));
        Assert.Equal("{0.5}|{0.25}", await sql.ScalarAsync<string>("select concat_ws('|', quantiles, quantile_values) from otel_v1.summary_points"));
        Assert.Equal("metric3|histogram|1.25|t1", await sql.ScalarAsync<string>("select concat_ws('|', metric_name, kind, value, trace_id) from otel_v1.exemplars where trace_id = 't1'"));
    }

    [Fact]
    public async Task Trace_comes_as_a_tree_with_self_times_whatever_was_sent()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        // Children that overlap, one that outlasts its parent, an id that comes twice, a parent that is not stored, a duration below zero, two spans that are each other's parent.
        await sql.ExecuteAsync($"""
            {Span})
            select timestamptz '2026-11-24 10:00:00+00' + o * interval '1 ms', d * 1000000, 1, 1, 0, 1, 0, 't1', s, p, 'svc', s, '{"{}"}'
            from (values (0, 100, 'root', null), (10, 20, 'a', 'root'), (15, 30, 'b', 'root'), (80, 40, 'c', 'root'), (12, 5, 'a1', 'a'), (5, 5, 'orphan', 'gone'),
                         (1, 1, 'x', 'y'), (2, 1, 'y', 'x'), (11, 3, 'a', 'root'), (3, -5, 'neg', 'root')) v(o, d, s, p)
            """);

        const string tree = "select string_agg(concat_ws(' ', coalesce(depth::text, '-'), span_id, offset_ms, duration_ms, self_time_ms), ', ') from ";
        const string expected = "0 root 0 100 45, 1 neg 3 -5 0, 1 a 10 20 15, 2 a1 12 5 5, 1 a 11 3 3, 1 b 15 30 30, 1 c 80 40 40, 0 orphan 5 5 5, - x 1 1 1, - y 2 1 1";
        Assert.Equal(expected, await sql.ScalarAsync<string>(tree + "otel_v1.trace('t1')"));
        Assert.Equal(expected, await sql.ScalarAsync<string>(tree + "otel_v1.trace('t1', '2026-11-24 00:00:00+00')"));
        Assert.Equal(0, await sql.ScalarAsync<long>("select count(*) from otel_v1.trace('t1', '2026-11-20 00:00:00+00')"));
        Assert.Equal(0, await sql.ScalarAsync<long>("select count(*) from otel_v1.trace('no such')"));
    }

    [Fact]
    public async Task Summary_of_a_trace_counts_all_its_spans()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        await sql.ExecuteAsync($"""
            {Span})
            select timestamptz '2026-11-24 10:00:00+00' + o * interval '1 ms', d * 1000000, 1, 1, 0, k, e, t, s, p, v, n, '{"{}"}'
            from (values ('t1', 'r', null, 'web', 'GET /', 0, 100, 2, 0), ('t1', 'c', 'r', 'cart', 'add', 20, 130, 2, 2), ('t1', 'd', 'c', 'cart', 'sql', 30, 5, 3, 0),
                         ('t2', 'r', null, 'job', 'tick', 0, 1, 1, 2)) v(t, s, p, v, n, o, d, k, e)
            """);

        Assert.Equal(
            "t2 job tick 1 1 1 {job} t, t1 web GET / 150 3 1 {cart,web} f",
            await sql.ScalarAsync<string>("""
                select string_agg(concat_ws(' ', trace_id, service_name, name, duration_ms, span_count, error_count, service_names, is_error), ', ' order by trace_id desc)
                from otel_v1.trace_summaries where start_time > '2026-11-24 09:00:00+00'
                """));
    }

    [Fact]
    public async Task Who_may_read_the_contract_needs_no_rights_on_the_tables()
    {
        await using var sql = await SqlDatabase.CreateAsync(postgres.CreateDatabaseAsync());
        var role = $"reader_{sql.Options.Database}";
        await sql.ExecuteAsync($"create role {role}; grant usage on schema otel_v1 to {role}; grant select on all tables in schema otel_v1 to {role}");
        foreach (var view in (await sql.ScalarAsync<string>("select string_agg(relname, ',') from pg_class where relnamespace = 'otel_v1'::regnamespace and relkind = 'v'")).Split(','))
        {
            await sql.ExecuteAsync($"set role {role}; select * from otel_v1.{view}; reset role");
        }

        await sql.ExecuteAsync($"""
            set role {role};
            select * from otel_v1.trace('t'); select * from otel_v1.logs_of_trace('t', now()); select * from otel_v1.service_red(now() - interval '1 day', now(), '1 hour');
            select * from otel_v1.operation_red(now() - interval '1 day', now()); select * from otel_v1.service_map(now() - interval '1 day', now());
            reset role
            """);
    }
}
