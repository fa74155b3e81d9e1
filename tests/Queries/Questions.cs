using static OtelOrleans.Tests.Queries.Sample;

namespace OtelOrleans.Tests.Queries;

/// <summary>
/// The questions of tracing, logging and metrics. The predecessor's side asks what its API asked of its tables, or, where its API had no such question, what a user of its tables would write.
/// </summary>
internal static class Questions
{
    private const string SpanColumns = "start_time, service_name, name, duration_ms, status, trace_id";
    private const string LogColumns = "time, service_name, severity, body, trace_id";
    private const string BeforeSpan = "select id, trace_id, span_id, parent_span_id, name, service_name, start_time, end_time, duration, status, attributes from predecessor.traces";
    private const string BeforeLog = "select id, timestamp, service_name, message, severity, trace_id, span_id, attributes from predecessor.logs";

    public static IReadOnlyList<Question> All { get; } =
    [
        new("trace_by_id", 10,
            "select * from otel_v1.spans where trace_id = $1 order by start_time", s => [s.TraceId],
            $"{BeforeSpan} where trace_id = $1 order by start_time", s => [s.TraceId]),
        new("trace_by_id_with_time", 2,
            "select * from otel_v1.spans where trace_id = $1 and start_time >= $2 and start_time < $3 order by start_time", s => [s.TraceId, s.TraceStart.AddHours(-1), s.TraceStart.AddHours(1)],
            $"{BeforeSpan} where trace_id = $1 order by start_time", s => [s.TraceId]),
        new("trace_tree", null,
            "select * from otel_v1.trace($1)", s => [s.TraceId],
            $"{BeforeSpan} where trace_id = $1 order by start_time", s => [s.TraceId]),
        new("trace_tree_with_time", null,
            "select * from otel_v1.trace($1, $2)", s => [s.TraceId, s.TraceStart],
            $"{BeforeSpan} where trace_id = $1 order by start_time", s => [s.TraceId]),
        new("latest_100_spans_of_service", 3,
            $"select {SpanColumns} from otel_v1.spans where service_name = $1 order by start_time desc limit 100", s => [s.Service],
            $"{BeforeSpan} where start_time >= $2 and start_time <= $3 and service_name in ($1) order by start_time desc limit 100", s => [s.Service, 0L, long.MaxValue]),
        new("latest_100_errors_of_service", 3,
            $"select {SpanColumns} from otel_v1.spans where service_name = $1 and is_error order by start_time desc limit 100", s => [s.Service],
            $"{BeforeSpan} where start_time >= $2 and start_time <= $3 and service_name in ($1) and status = 'ERROR' order by start_time desc limit 100", s => [s.Service, 0L, long.MaxValue]),
        new("error_logs_before", 3,
            $"select {LogColumns} from otel_v1.logs where is_error and time < $1 order by time desc limit 100", s => [s.TraceStart],
            $"{BeforeLog} where timestamp >= 0 and timestamp <= $1 and severity = 'ERROR' order by timestamp desc limit 100", s => [Millis(s.TraceStart)]),
        new("latest_100_logs_of_service", 3,
            $"select {LogColumns} from otel_v1.logs where service_name = $1 order by time desc limit 100", s => [s.Service],
            $"{BeforeLog} where timestamp >= $2 and timestamp <= $3 and service_name in ($1) order by timestamp desc limit 100", s => [s.Service, 0L, long.MaxValue]),
        new("logs_of_trace", 3,
            "select * from otel_v1.logs_of_trace($1)", s => [s.TraceId],
            $"{BeforeLog} where trace_id = $1 order by timestamp", s => [s.TraceId]),
        new("logs_of_trace_with_time", 3,
            "select * from otel_v1.logs_of_trace($1, $2)", s => [s.TraceId, s.TraceStart],
            $"{BeforeLog} where trace_id = $1 order by timestamp", s => [s.TraceId]),
        new("red_of_service_24h_by_hour", 10,
            "select * from otel_v1.service_red($2, $3, '1 hour') where service_name = $1", s => [s.Service, s.Day, s.Day.AddDays(1)],
            Red("and service_name ilike '%' || $3 || '%'"), s => [Millis(s.Day), Millis(s.Day.AddDays(1)), s.Service]),
        new("red_of_service_24h_by_5_minutes", null,
            "select * from otel_v1.service_red($2, $3, '5 minutes') where service_name = $1", s => [s.Service, s.Day, s.Day.AddDays(1)],
            Red("and service_name ilike '%' || $3 || '%'"), s => [Millis(s.Day), Millis(s.Day.AddDays(1)), s.Service]),
        new("red_of_all_services_1h", null,
            "select * from otel_v1.service_red($1, $2, '1 minute')", s => [s.Hour, s.Hour.AddHours(1)],
            Red(""), s => [Millis(s.Hour), Millis(s.Hour.AddHours(1))]),
        new("red_of_operations_1h", null,
            "select * from otel_v1.operation_red($2, $3) where service_name = $1", s => [s.Service, s.Hour, s.Hour.AddHours(1)]),
        new("service_map_1h", null,
            "select * from otel_v1.service_map($1, $2)", s => [s.Hour, s.Hour.AddHours(1)]),
        new("attribute_in_hour", 30,
            $"select {SpanColumns} from otel_v1.spans where start_time >= $1 and start_time < $2 and attributes @> $3::jsonb order by start_time desc limit 100",
            s => [s.Hour, s.Hour.AddHours(1), User(s)],
            $"{BeforeSpan} where start_time >= $1 and start_time <= $2 and attributes @> $3::jsonb order by start_time desc limit 100",
            s => [Millis(s.Hour), Millis(s.Hour.AddHours(1)), User(s)]),
        new("attribute_of_service_in_hour", 30,
            $"select {SpanColumns} from otel_v1.spans where service_name = $4 and start_time >= $1 and start_time < $2 and attributes @> $3::jsonb order by start_time desc limit 100",
            s => [s.Hour, s.Hour.AddHours(1), User(s), s.Service],
            $"{BeforeSpan} where service_name = $4 and start_time >= $1 and start_time <= $2 and attributes @> $3::jsonb order by start_time desc limit 100",
            s => [Millis(s.Hour), Millis(s.Hour.AddHours(1)), User(s), s.Service]),
        new("traces_of_service", null,
            "select * from otel_v1.trace_summaries where service_name = 'frontend' and start_time >= $1 and start_time < $2 order by start_time desc limit 50", s => [s.Hour, s.Hour.AddHours(1)],
            """
            select trace_id, min(start_time), max(end_time) - min(start_time), count(*), json_agg(distinct service_name)
            from predecessor.traces where start_time >= $1 and start_time <= $2 and service_name in ('frontend') group by trace_id order by min(start_time) desc limit 100
            """,
            s => [Millis(s.Hour), Millis(s.Hour.AddHours(1))]),
        new("words_in_logs_of_hour", null,
            $"select {LogColumns} from otel_v1.logs where time >= $1 and time < $2 and body ilike '%' || $3 || ':%' order by time desc limit 100", s => [s.Hour, s.Hour.AddHours(1), s.UserId],
            $"{BeforeLog} where timestamp >= $1 and timestamp <= $2 and (message ilike '%' || $3 || ':%' or service_name ilike '%' || $3 || ':%') order by timestamp desc limit 100",
            s => [Millis(s.Hour), Millis(s.Hour.AddHours(1)), s.UserId]),
    ];

    // A constant to the planner: an expression would be computed for each row.
    private static string User(Sample sample) => $$"""{"user.id": "{{sample.UserId}}"}""";

    private static string Red(string more) => $"""
        select service_name, count(*) as requests, count(case when status = 'ERROR' then 1 end), avg(duration),
               percentile_cont(0.95) within group (order by duration), percentile_cont(0.99) within group (order by duration)
        from predecessor.traces where start_time >= $1 and start_time <= $2 and service_name is not null {more} group by service_name order by requests desc limit 50
        """;
}
