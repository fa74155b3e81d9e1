namespace OtelOrleans.Sql.Audit;

/// <summary>Of each range between two snapshots of the resume point: what was read is stored, and each record as many rows as it was decoded to.</summary>
internal static class Conservation
{
    /// <summary>Records that are named of a range that does not hold.</summary>
    private const int NamedRecords = 5;

    public static async Task<IReadOnlyList<AuditRange>> CheckAsync(AuditQuery query, List<AuditFinding> findings)
    {
        var ranges = await query.ReadAsync(
            $"""
            select topic, partition, from_offset, to_offset, records_read, records_empty, records_stored, records_dead_lettered, rows_decoded, rows_stored, dead_letters, holds
            from otel.ingest_audit where {AuditQuery.InScope} and {AuditQuery.Touched} order by topic, partition, from_offset
            """,
            static r => new AuditRange(
                r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.GetInt64(9),
                r.GetInt64(10), r.GetBoolean(11)));
        foreach (var range in ranges.Where(r => !r.Holds))
            findings.Add(new(AuditFinding.Range(range.Topic, range.Partition, range.From, range.To), await ExplainAsync(query, range)));
        return ranges;
    }

    private static async Task<string> ExplainAsync(AuditQuery query, AuditRange range)
    {
        var found = range.RecordsEmpty + range.RecordsStored + range.RecordsDeadLettered;
        var records = await query.ReadAsync(
            $"""
            select r.at_offset, sum(r.rows), min(coalesce(r.decoded_rows, r.rows)), max(coalesce(r.decoded_rows, r.rows))
            from otel.ingest_flushes f cross join lateral unnest(f.offsets, f.rows, f.decoded_rows) as r (at_offset, rows, decoded_rows)
            where f.topic = $5 and f.partition = $6 and f.to_offset > $7 and (f.from_offset is null or f.from_offset < $8) and r.at_offset >= $7 and r.at_offset < $8
            group by r.at_offset
            having sum(r.rows) <> max(coalesce(r.decoded_rows, r.rows)) or min(coalesce(r.decoded_rows, r.rows)) <> max(coalesce(r.decoded_rows, r.rows))
            order by r.at_offset limit {NamedRecords}
            """,
            static r => (Offset: r.GetInt64(0), Rows: r.GetInt64(1), Least: r.GetInt32(2), Most: r.GetInt32(3)),
            new() { Value = range.Topic },
            new() { Value = range.Partition },
            new() { Value = range.From },
            new() { Value = range.To });
        List<string> reasons =
        [
            .. found < range.RecordsRead ? [$"{range.RecordsRead - found} of {range.RecordsRead} records are not stored"] : Array.Empty<string>(),
            .. found > range.RecordsRead ? [$"{found} records are stored, {range.RecordsRead} were read"] : Array.Empty<string>(),
            .. records.Select(r => r.Least == r.Most
                ? $"record {r.Offset} has {r.Rows} rows, {r.Most} were decoded"
                : $"record {r.Offset} was decoded to {r.Least} rows and to {r.Most}"),
        ];
        return reasons.Count > 0 ? string.Join("; ", reasons) : "snapshots of the resume point count different numbers of records";
    }
}
