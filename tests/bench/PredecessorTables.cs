using Npgsql;

namespace OtelOrleans.Tests.Bench;

/// <summary>
/// The tables of otel-kafka-pg with the indexes that it makes, filled with what is in ours: attributes of resources are on each row there. Indexes are made after the rows, which is kinder
/// to it than its own way, row by row: they are smaller, and quicker to have.
/// </summary>
internal static class PredecessorTables
{
    private static readonly string[] Steps =
    [
        """
        create schema predecessor;
        create table predecessor.traces (
            id varchar(255), trace_id varchar(64) not null, span_id varchar(64) not null, parent_span_id varchar(64), name varchar(255) not null, service_name varchar(128) not null,
            start_time bigint not null, end_time bigint not null, duration double precision not null, status varchar(32), attributes jsonb, created_at timestamptz default now());
        create table predecessor.logs (
            id varchar(255), timestamp bigint not null, service_name varchar(128) not null, message text not null, severity varchar(32) not null, trace_id varchar(64), span_id varchar(64),
            attributes jsonb, created_at timestamptz default now());
        """,
        """
        insert into predecessor.traces
        select s.trace_id || '-' || s.span_id, s.trace_id, s.span_id, coalesce(s.parent_span_id, ''), s.name, s.service_name, otel.unix_millis(s.start_time),
               otel.unix_millis(s.start_time) + s.duration_ns / 1000000, s.duration_ns / 1e6, case s.status_code when 2 then 'ERROR' when 1 then 'OK' else 'UNSET' end, s.attributes || r.attributes
        from otel.spans s join otel.resources r on r.resource_id = s.resource_id
        """,
        """
        insert into predecessor.logs
        select otel.unix_millis(l.time) || '-' || left(md5(l.body || l.time), 12), otel.unix_millis(l.time), l.service_name, l.body,
               case when l.severity_number >= 17 then 'ERROR' when l.severity_number >= 13 then 'WARN' else 'INFO' end, coalesce(l.trace_id, ''), coalesce(l.span_id, ''),
               l.attributes || r.attributes || jsonb_build_object('scope.name', c.name, 'scope.version', c.version)
        from otel.log_records l join otel.resources r on r.resource_id = l.resource_id join otel.scopes c on c.scope_id = l.scope_id
        """,
        "alter table predecessor.traces add primary key (id), add unique (trace_id, span_id)",
        "create index on predecessor.traces (trace_id)",
        "create index on predecessor.traces (service_name)",
        "create index on predecessor.traces (start_time)",
        "create index on predecessor.traces (status)",
        "create index on predecessor.traces (parent_span_id)",
        "create index on predecessor.traces (service_name, start_time)",
        "create index on predecessor.traces using gin (attributes)",
        "alter table predecessor.logs add primary key (id)",
        "create index on predecessor.logs (timestamp)",
        "create index on predecessor.logs (service_name)",
        "create index on predecessor.logs (severity)",
        "create index on predecessor.logs (trace_id)",
        "create index on predecessor.logs using gin (attributes)",
        "vacuum (analyze) predecessor.traces",
        "vacuum (analyze) predecessor.logs",
    ];

    public static async Task FillAsync(NpgsqlConnection connection)
    {
        foreach (var step in Steps)
        {
            await using var command = new NpgsqlCommand(step, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
    }
}
