using Npgsql;

namespace OtelOrleans.Sql.Queries;

/// <summary>A span as people read it.</summary>
/// <param name="Time">When it began.</param>
/// <param name="ServiceName">Its service.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">internal, server, client, producer, consumer; unspecified.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Status">unset, ok, error.</param>
/// <param name="TraceId">The trace it belongs to, in hex.</param>
public sealed record RecentSpan(DateTimeOffset Time, string ServiceName, string Name, string Kind, double DurationMs, string Status, string TraceId);

/// <summary>A log record as people read it.</summary>
/// <param name="Time">When it happened.</param>
/// <param name="ServiceName">Its service.</param>
/// <param name="Severity">The sender's word for it, or the name of the severity number's range.</param>
/// <param name="Body">The first 200 characters.</param>
/// <param name="TraceId">The trace it belongs to, in hex; null if none.</param>
public sealed record RecentLogRecord(DateTimeOffset Time, string ServiceName, string Severity, string Body, string? TraceId);

/// <summary>A data point as people read it.</summary>
/// <param name="Time">When it was measured.</param>
/// <param name="ServiceName">Its service.</param>
/// <param name="MetricName">Its metric.</param>
/// <param name="Kind">gauge, sum, histogram, exponential histogram, summary.</param>
/// <param name="Value">The number, or <c>count=3 sum=1.5</c>; empty where no value was recorded.</param>
/// <param name="Unit">The metric's unit; empty if it has none.</param>
public sealed record RecentDataPoint(DateTimeOffset Time, string ServiceName, string MetricName, string Kind, string Value, string Unit);

/// <summary>The latest rows of each signal, to look at. Rows dated more than an hour into the future are left out: clocks that wrong would stand on top for ever.</summary>
public sealed class RecentRows(PostgresDatabase database)
{
    /// <summary>The latest spans, newest first.</summary>
    public Task<IReadOnlyList<RecentSpan>> SpansAsync(int limit, CancellationToken ct) => ReadAsync(
        """
        select start_time, service_name, name,
               coalesce((array['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'])[kind + 1], kind::text),
               duration_ns / 1e6::double precision, coalesce((array['unset', 'ok', 'error'])[status_code + 1], status_code::text), trace_id
        from otel.spans where start_time < now() + interval '1 hour' order by start_time desc limit $1
        """,
        limit,
        r => new RecentSpan(Time(r), r.GetString(1), r.GetString(2), r.GetString(3), r.GetDouble(4), r.GetString(5), r.GetString(6)),
        ct);

    /// <summary>The latest log records, newest first.</summary>
    public Task<IReadOnlyList<RecentLogRecord>> LogRecordsAsync(int limit, CancellationToken ct) => ReadAsync(
        """
        select time, service_name,
               coalesce(nullif(severity_text, ''), (array['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'])[(severity_number + 3) / 4], ''),
               coalesce(left(body, 200), left(event_name, 200), ''), trace_id
        from otel.log_records where time < now() + interval '1 hour' order by time desc limit $1
        """,
        limit,
        r => new RecentLogRecord(Time(r), r.GetString(1), r.GetString(2), r.GetString(3), r.IsDBNull(4) ? null : r.GetString(4)),
        ct);

    /// <summary>The latest data points, newest first.</summary>
    public async Task<IReadOnlyList<RecentDataPoint>> DataPointsAsync(int limit, CancellationToken ct)
    {
        // Points have an index per series and a BRIN over time: a quarter of an hour is found at once, everything is a scan.
        var recent = await PointsAsync("time > now() - interval '15 minutes' and time < now() + interval '1 hour'", limit, ct);
        return recent.Count >= limit ? recent : await PointsAsync("time < now() + interval '1 hour'", limit, ct);
    }

    private Task<IReadOnlyList<RecentDataPoint>> PointsAsync(string when, int limit, CancellationToken ct) => ReadAsync(
        $"""
        select p.time, coalesce(s.service_name, ''), coalesce(s.metric_name, ''),
               coalesce((array['gauge', 'sum', 'histogram', 'exponential histogram', 'summary'])[s.type], ''), coalesce(p.value, ''), coalesce(s.unit, '')
        from (
            (select time, series_id, coalesce(value_int::text, value_double::text) as value from otel.metric_number_points where {when} order by time desc limit $1)
            union all
            (select time, series_id, 'count=' || count || coalesce(' sum=' || sum, '') from otel.metric_histogram_points where {when} order by time desc limit $1)
            union all
            (select time, series_id, 'count=' || count || coalesce(' sum=' || sum, '') from otel.metric_exp_histogram_points where {when} order by time desc limit $1)
            union all
            (select time, series_id, 'count=' || count || coalesce(' sum=' || sum, '') from otel.metric_summary_points where {when} order by time desc limit $1)
            order by time desc limit $1) p
        left join otel.metric_series s using (series_id)
        order by p.time desc
        """,
        limit,
        r => new RecentDataPoint(Time(r), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5)),
        ct);

    private async Task<IReadOnlyList<T>> ReadAsync<T>(string sql, int limit, Func<NpgsqlDataReader, T> row, CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand(sql);
        command.Parameters.Add(new() { Value = limit });
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(row(reader));
        return rows;
    }

    private static DateTimeOffset Time(NpgsqlDataReader reader) => reader.GetFieldValue<DateTimeOffset>(0);
}
