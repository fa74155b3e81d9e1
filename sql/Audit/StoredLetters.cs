namespace OtelOrleans.Sql.Audit;

/// <summary>Of each record: as many dead letters are there as its flushes said. Letters have coordinates, and may be changed by people's verbs; so they are not told by xmin.</summary>
internal static class StoredLetters
{
    public static async Task CheckAsync(AuditQuery query, List<AuditFinding> findings) => findings.AddRange(await query.ReadAsync(
        $"""
        with said as (
            select topic, partition, r.at_offset, sum(r.letters) as letters
            from otel.ingest_flushes f cross join lateral unnest(f.offsets, f.letters) as r (at_offset, letters)
            where f.letters is not null and r.letters > 0 and {AuditQuery.InScope}
            group by topic, partition, r.at_offset),
        there as (
            select topic, partition, "offset" as at_offset, count(*) as letters, max(at) as at
            from otel.dead_letters where {AuditQuery.InScope}
            group by topic, partition, "offset")
        select topic, partition, at_offset as from_offset, at_offset + 1 as to_offset, coalesce(t.letters, 0), coalesce(s.letters, 0)::bigint
        from said s full join there t using (topic, partition, at_offset)
        where s.letters is distinct from t.letters
            and ($3::bigint is null or at_offset >= $3) and ($4::bigint is null or at_offset < $4)
            -- Letters that are older than the flushes that are kept, or than this table of them.
            and (s.letters is not null or (t.at >= otel.oldest_leaf('otel.ingest_flushes')::timestamp at time zone 'UTC'
                and at_offset >= (select min(p.next_offset) from otel.ingest_progress p where p.topic = t.topic and p.partition = t.partition)))
        order by topic, partition, at_offset
        """,
        static r => new AuditFinding(
            AuditFinding.Range(r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.GetInt64(3)), $"{r.GetInt64(4)} dead letters are there, {r.GetInt64(5)} were flushed")));
}
