namespace OtelOrleans.Sql.Audit;

/// <summary>
/// Of each service in each partition: every flush began where the one before it had ended, and the last one ended where the ledger stands. A service that the ledger has known
/// for longer than flushes are kept may begin anywhere.
/// </summary>
internal static class LedgerChains
{
    public static async Task CheckAsync(AuditQuery query, List<AuditFinding> findings) => findings.AddRange(await query.ReadAsync(
        $"""
        with flushes as (
            select service_name, topic, partition, from_offset, to_offset, lag(to_offset) over chain as before, row_number() over chain as number
            from otel.ingest_flushes where to_offset is not null and {AuditQuery.InScope}
            window chain as (partition by service_name, topic, partition order by to_offset, from_offset nulls first)),
        ends as (
            select service_name, topic, partition, max(to_offset) as to_offset from flushes group by service_name, topic, partition),
        ledger as (
            select *, coalesce(since < oldest, false) as is_older, coalesce(updated_at < oldest, false) as is_silent
            from otel.ingest_ledger, (select otel.oldest_leaf('otel.ingest_flushes')::timestamp at time zone 'UTC' as oldest) o
            where {AuditQuery.InScope}),
        broken as (
            select service_name, topic, partition, 0 as from_offset, from_offset as to_offset, 'its first flush is missing' as what
            from flushes f left join ledger l using (service_name, topic, partition)
            where number = 1 and from_offset is not null and l.is_older is not true
            union all
            select service_name, topic, partition, 0, to_offset, 'it was begun a second time' from flushes where number > 1 and from_offset is null
            union all
            select service_name, topic, partition, least(before, from_offset), greatest(before, from_offset),
                case when before < from_offset then 'no flush stored this range' else 'two flushes stored this range' end
            from flushes where number > 1 and before <> from_offset
            union all
            select service_name, topic, partition, least(e.to_offset, l.next_offset), greatest(e.to_offset, l.next_offset),
                'its last flush ended at ' || e.to_offset || ', the ledger stands at ' || coalesce(l.next_offset::text, 'nothing')
            from ends e left join ledger l using (service_name, topic, partition)
            where l.next_offset is distinct from e.to_offset
            union all
            select service_name, topic, partition, 0, l.next_offset, 'the ledger stands at ' || l.next_offset || ', and there is no flush'
            from ledger l where not is_silent and not exists (select from ends e where (e.service_name, e.topic, e.partition) = (l.service_name, l.topic, l.partition)))
        select topic, partition, from_offset, to_offset, service_name, what from broken where {AuditQuery.Touched}
        order by topic, partition, from_offset, service_name
        """,
        static r => new AuditFinding(
            AuditFinding.Range(r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.GetInt64(3)), $"service {r.GetString(4)}: {r.GetString(5)}")));
}
