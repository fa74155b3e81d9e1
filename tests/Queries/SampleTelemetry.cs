using System.Globalization;
using Npgsql;

namespace OtelOrleans.Tests.Queries;

/// <summary>
/// Telemetry of a shop of twenty services, made by SQL in the real tables: for plans and times of queries, which need many rows and no pipeline. Everything follows from a span's
/// number, so two databases of the same size hold the same.
/// </summary>
/// <param name="FirstDay">Midnight (UTC) of the first day.</param>
/// <param name="Days">Days that the rows are spread over evenly.</param>
/// <param name="Spans">Spans, eight to a trace.</param>
/// <param name="Logs">Log records, seven of ten within a trace.</param>
internal sealed record SampleTelemetry(DateTime FirstDay, int Days, long Spans, long Logs)
{
    private const int SpansPerTrace = 8;
    private const int Users = 20_000;

    private static readonly string[] Services =
    [
        "frontend", "checkout", "cart", "payment", "catalog", "currency", "shipping", "email", "ads", "recommendation",
        "auth", "inventory", "orders", "pricing", "search", "reviews", "users", "notifications", "ledger", "reports",
    ];

    // Half of the spans are of the first five services; one in a hundred is an error; durations are 1 to 400 ms, evenly as logarithms go.
    private const string Numbered = """
        select i, i / 8 as t, i % 8 as k, case when i % 8 = 0 then 1 else 1 + floor(20 * power(sample.part(i, 1), 2)) end::integer as s, floor(5 * sample.part(i, 2))::integer as op,
               (2 + i % 8 % 2)::smallint as kind, case when sample.part(i, 3) < 0.01 then 2 else 0 end::smallint as status, (1e6 * exp(6 * sample.part(i, 4)))::bigint as duration
        """;

    public long Traces => Spans / SpansPerTrace;

    private DateTime End => FirstDay.AddDays(Days);

    private TimeSpan BetweenTraces => (End - FirstDay) / Traces;

    /// <summary>Fills the tables of a migrated database and has them analysed.</summary>
    public async Task LoadAsync(NpgsqlConnection connection)
    {
        foreach (var sql in new[] { Helpers, Dimensions, SpanRows, LogRows, Rollups, Edges, "drop schema sample cascade" })
        {
            await ExecuteAsync(connection, sql);
        }

        // As autovacuum leaves them: without a visibility map, index-only scans are none.
        foreach (var table in new[] { "resources", "scopes", "spans", "log_records", "service_rollups", "service_edges" })
        {
            await ExecuteAsync(connection, $"vacuum (analyze) otel.{table}");
        }
    }

    /// <summary>What to ask for: a trace of this telemetry and the time, services and user that go with it. The same seed picks the same.</summary>
    public async Task<IReadOnlyList<Sample>> PickAsync(NpgsqlConnection connection, int count, int seed)
    {
        var random = new Random(seed);
        var traces = Enumerable.Range(0, count).Select(_ => random.NextInt64(Traces)).ToArray();
        await using var command = new NpgsqlCommand("select trace_id, service_name, attributes->>'user.id' from otel.spans where trace_id = md5('trace' || $1) order by span_id limit 1", connection);
        command.Parameters.Add(new NpgsqlParameter<long>());
        var samples = new List<Sample>();
        foreach (var trace in traces)
        {
            ((NpgsqlParameter<long>)command.Parameters[0]).TypedValue = trace;
            await using var reader = await command.ExecuteReaderAsync();
            Assert.True(await reader.ReadAsync(), $"trace {trace} is not stored");
            samples.Add(new(reader.GetString(0), FirstDay + trace * BetweenTraces, reader.GetString(1), reader.GetString(2), FirstDay.AddMinutes(random.Next((Days - 1) * 24 * 60))));
        }

        return samples;
    }

    private string Helpers => $"""
        create schema sample;
        create function sample.part(i bigint, seed integer) returns double precision language sql immutable parallel safe as
            $$ select (hashint8extended(i, seed) & 1048575) / 1048576.0::double precision $$;
        create table sample.services as select number::integer as number, name from unnest('{"{" + string.Join(',', Services) + "}"}'::text[]) with ordinality as s(name, number);
        select otel.ensure_partitions(t, '{FirstDay:yyyy-MM-dd}', '{End.AddDays(-1):yyyy-MM-dd}')
        from unnest(array['otel.spans', 'otel.log_records', 'otel.service_rollups', 'otel.service_edges']::regclass[]) t;
        """;

    private static string Dimensions => """
        insert into otel.resources (resource_id, service_name, service_namespace, service_instance_id, attributes)
        select s.number * 1000 + i, s.name, 'shop', s.name || '-' || i, jsonb_build_object(
            'service.name', s.name, 'service.namespace', 'shop', 'service.instance.id', s.name || '-' || i, 'service.version', '1.' || s.number || '.0', 'deployment.environment.name', 'production',
            'host.name', 'node-' || (s.number + i) % 90, 'k8s.namespace.name', 'shop', 'k8s.deployment.name', s.name, 'k8s.pod.name', s.name || '-' || left(md5(s.name), 9) || '-' || i,
            'telemetry.sdk.language', 'dotnet', 'telemetry.sdk.name', 'opentelemetry', 'telemetry.sdk.version', '1.15.0', 'process.runtime.name', '.NET', 'process.pid', i)
        from sample.services s cross join generate_series(0, 99) i;
        insert into otel.scopes (scope_id, name, version) values (1, 'System.Net.Http', '10.0.0'), (2, 'Microsoft.AspNetCore', '10.0.0'), (3, 'Shop', '1.0.0');
        """;

    private string SpanRows => $$"""
        insert into otel.spans (start_time, duration_ns, resource_id, scope_id, start_ns, kind, status_code, trace_id, span_id, parent_span_id, service_name, name, attributes)
        select {{Time}}, n.duration, n.s * 1000 + floor(100 * sample.part(n.i, 5)), 4 - n.kind, n.i % 1000, n.kind, n.status,
               md5('trace' || n.t), left(md5(n.i::text), 16), case when n.k > 0 then left(md5((n.i - n.k + (n.k - 1) / 2)::text), 16) end, v.name,
               case n.kind when 2 then 'GET /' || v.name || '/' || (array['list', 'item', 'add', 'remove', 'status'])[n.op + 1] else 'POST ' || (array['db', 'cache', 'queue', 'mail', 'bank'])[n.op + 1] end,
               jsonb_build_object('http.request.method', case n.kind when 2 then 'GET' else 'POST' end, 'http.route', '/' || v.name || '/{id}', 'url.path', '/' || v.name || '/' || n.i % 99991,
                   'http.response.status_code', case n.status when 2 then 500 else 200 end, 'server.address', v.name || '.shop.svc', 'network.protocol.version', '1.1',
                   'user.id', 'u' || floor({{Users}} * sample.part(n.t, 6)), 'thread.id', n.i % 64)
        from ({{Numbered}} from generate_series(0::bigint, {{Spans - 1}}) i) n join sample.services v on v.number = n.s
        order by n.i
        """;

    private string LogRows => $$"""
        insert into otel.log_records (time, observed_time, resource_id, scope_id, time_ns, observed_ns, severity_number, trace_id, span_id, service_name, severity_text, body, attributes)
        select {{Time}} + interval '1 ms', {{Time}} + interval '2 ms', n.s * 1000 + floor(100 * sample.part(n.i, 5)), 3, n.i % 1000, 0, n.severity,
               case when n.traced then md5('trace' || n.t) end, case when n.traced then left(md5(n.i::text), 16) end, v.name,
               case n.severity when 17 then 'Error' when 13 then 'Warning' else 'Information' end,
               case n.severity
                   when 17 then 'Could not finish order ' || n.j || ': the bank answered 500'
                   when 13 then 'Slow answer of ' || v.name || ' to user u' || floor({{Users}} * sample.part(n.t, 6)) || ': ' || n.duration / 1000000 || ' ms'
                   else 'Handled GET /' || v.name || '/' || n.i % 99991 || ' of user u' || floor({{Users}} * sample.part(n.t, 6)) || ': ' || n.duration / 1000000 || ' ms' end,
               jsonb_build_object('logger', 'Shop.' || v.name, 'thread.name', 'worker-' || n.i % 64, 'user.id', 'u' || floor({{Users}} * sample.part(n.t, 6)), 'order.id', n.j)
        from ({{Numbered}}, j, sample.part(j, 8) < 0.7 as traced, case when sample.part(j, 7) < 0.01 then 17 when sample.part(j, 7) < 0.06 then 13 else 9 end::smallint as severity
              from generate_series(0::bigint, {{Logs - 1}}) j cross join lateral (select j * {{Spans}} / {{Logs}} as i) of_span) n join sample.services v on v.number = n.s
        order by n.j
        """;

    // Minute after minute, as the fold writes them.
    private static string Rollups => """
        insert into otel.service_rollups (minute, service_name, kind, name, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, buckets, counts)
        select minute, service_name, kind, name, sum(calls), sum(errors), sum(ns), min(shortest), max(longest), array_agg(bucket order by bucket), array_agg(calls order by bucket)
        from (select date_trunc('minute', start_time) as minute, service_name, kind, name, otel.duration_bucket(duration_ns) as bucket, count(*) as calls,
                     count(*) filter (where status_code = 2) as errors, sum(duration_ns::double precision) as ns, min(duration_ns) as shortest, max(duration_ns) as longest
              from otel.spans group by 1, 2, 3, 4, 5) b
        group by minute, service_name, kind, name
        order by minute, service_name
        """;

    // Each service calls two others.
    private string Edges => $$"""
        insert into otel.service_edges (minute, caller, callee, kind, calls, errors, duration_ns_sum, duration_ns_min, duration_ns_max, buckets, counts)
        select m, a.name, b.name, 2, 10, 1, 1e8, 1000000, 40000000, '{160,168,180}', '{5,4,1}'
        from generate_series({{Text(FirstDay)}}, {{Text(End)}} - interval '1 minute', interval '1 minute') m
        cross join sample.services a join sample.services b on b.number in (a.number * 2, a.number * 2 + 1)
        order by 1, 2, 3
        """;

    private string Time => string.Create(CultureInfo.InvariantCulture, $"{Text(FirstDay)} + n.t * interval '{BetweenTraces.TotalMicroseconds:F3} microseconds' + n.k * interval '2 ms'");

    private static string Text(DateTime time) => $"timestamptz '{time:yyyy-MM-dd HH:mm:ss}+00'";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }
}
