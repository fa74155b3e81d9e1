using NpgsqlTypes;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Sql.Audit;

/// <summary>
/// Of each transaction and table: as many rows are there as its flushes said. Which transaction wrote a row, Postgres notes in its xmin. So nothing can be said of single
/// transactions once the tables come from a dump; of those whose rows retention may have deleted; and of transactions 2^32 ones apart.
/// </summary>
internal static class StoredRows
{
    /// <summary>Transactions of a table whose rows are looked at one by one to tell which service it is about.</summary>
    private const int Explained = 20;

    public static async Task CheckAsync(AuditQuery query, List<AuditFinding> findings, List<string> notes)
    {
        if ((await query.ReadAsync(
            "select exists (select from otel.ingest_flushes where xmin <> transaction::xid and not exists (select from otel.ingest_moves where table_name = 'ingest_flushes'))",
            static r => r.GetBoolean(0)))[0])
        {
            notes.Add("The tables were restored from a dump: rows are compared per table, not per transaction");
            foreach (var layout in Tables)
                findings.AddRange(await CompareTotalsAsync(query, layout.Table));
            return;
        }

        foreach (var layout in Tables)
            await CompareAsync(query, layout.Table, findings, notes);
    }

    private static IEnumerable<CopyLayout> Tables => CopyLayouts.Data.Where(l => l != CopyLayouts.DeadLetters);

    private static async Task CompareAsync(AuditQuery query, string table, List<AuditFinding> findings, List<string> notes)
    {
        var wrong = await query.ReadAsync(
            $"""
            with said as (
                select transaction, sum(rows) as rows from (
                    select transaction, {table} as rows from otel.ingest_flushes where {table} is not null
                    union all
                    select transaction, rows from otel.ingest_moves where table_name = '{table}'
                    union all
                    select from_transaction, -rows from otel.ingest_moves where table_name = '{table}') s
                group by transaction),
            there as (
                select otel.full_transaction_id(xmin) as transaction, rows from (select xmin, count(*) as rows from otel.{table} group by xmin) t),
            kept as (
                -- Ids are given out in another order than times are taken: an hour is a wide margin.
                select transaction from otel.ingest_flushes
                where at >= otel.oldest_leaf('otel.ingest_flushes')::timestamp at time zone 'UTC' + interval '1 hour'
                order by transaction limit 1)
            select transaction::text, coalesce(s.rows, 0)::bigint, coalesce(t.rows, 0), s.rows is null
            from said s full join there t using (transaction)
            where coalesce(s.rows, 0) <> coalesce(t.rows, 0) and (s.rows is not null or transaction >= (select transaction from kept))
            order by transaction
            """,
            static r => (Transaction: r.GetString(0), Said: r.GetInt64(1), There: r.GetInt64(2), IsForeign: r.GetBoolean(3)));
        if (wrong.Count == 0)
            return;

        foreach (var foreign in wrong.Where(w => w.IsForeign))
            findings.Add(new($"table {table}", $"{foreign.There} rows of transaction {foreign.Transaction} are there, and no flush stored them"));

        var flushed = wrong.Where(w => !w.IsForeign).ToList();
        if (await MayHaveDeletedAsync(query, table) && flushed.Where(w => w.There < w.Said).ToList() is { Count: > 0 } less)
        {
            notes.Add($"Retention has deleted rows of {table}: {less.Sum(w => w.Said - w.There)} rows of {less.Count} transactions are not there any more, and may have been among them");
            flushed.RemoveAll(w => w.There < w.Said);
        }

        for (var i = 0; i < flushed.Count; i++)
        {
            var suspects = await SuspectsAsync(query, table, flushed[i].Transaction, i < Explained);
            if (suspects.Count > 0)
                findings.Add(new(string.Join(", ", suspects), $"{flushed[i].There} rows of {table} are there, {flushed[i].Said} were flushed by transaction {flushed[i].Transaction}"));
        }
    }

    /// <summary>The ranges of the scope whose rows could be meant: of the services whose own numbers differ, or of all services of the transaction.</summary>
    private static async Task<List<string>> SuspectsAsync(AuditQuery query, string table, string transaction, bool explain)
    {
        var source = table switch
        {
            "spans" or "log_records" => $"otel.{table} r",
            _ => $"otel.{table} r join otel.metric_series m using (series_id)",
        };
        var services = explain
            ? await query.ReadAsync(
                $"""
                select service_name
                from (select service_name, sum({table}) as rows from otel.ingest_flushes where transaction = $5::text::xid8 and {table} is not null group by service_name) s
                full join (select service_name, count(*) as rows from {source} where r.xmin = $5::text::xid8::xid group by service_name) t using (service_name)
                where s.rows is distinct from t.rows
                """,
                static r => r.GetString(0),
                new Npgsql.NpgsqlParameter { Value = transaction })
            : [];
        return await query.ReadAsync(
            $"""
            select topic, partition, coalesce(from_offset, 0), to_offset, service_name
            from (select topic, partition, coalesce(from_offset, offsets[1]) as from_offset, coalesce(to_offset, offsets[1] + 1) as to_offset, service_name
                  from otel.ingest_flushes where transaction = $5::text::xid8 and {table} is not null and (cardinality($6) = 0 or service_name = any($6))) f
            where {AuditQuery.InScope} and {AuditQuery.Touched} order by topic, partition, from_offset
            """,
            static r => $"{AuditFinding.Range(r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.GetInt64(3))} service {r.GetString(4)}",
            new Npgsql.NpgsqlParameter { Value = transaction },
            new Npgsql.NpgsqlParameter { Value = services.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
    }

    /// <summary>Upkeep writes down what it deletes. Leaves that somebody dropped by hand show, too: the migration makes them from the day before on.</summary>
    private static async Task<bool> MayHaveDeletedAsync(AuditQuery query, string table) => (await query.ReadAsync(
        $"""
        select coalesce(otel.oldest_leaf('otel.{table}') > (select min(applied)::date from otel.schema_migrations), false)
            or exists (select from otel.maintenance_log where action in ('drop_leaves', 'delete_strange_rows', 'delete_service_rows') and table_name = 'otel.{table}')
        """,
        static r => r.GetBoolean(0)))[0];

    private static Task<List<AuditFinding>> CompareTotalsAsync(AuditQuery query, string table) => query.ReadAsync(
        $"""
        select coalesce(s.rows, 0), t.rows
        from (select sum({table}) as rows from otel.ingest_flushes) s, (select count(*) as rows from otel.{table}) t
        where coalesce(s.rows, 0) <> t.rows
        """,
        r => new AuditFinding($"table {table}", $"{r.GetInt64(1)} rows are there, {r.GetInt64(0)} were flushed"));
}
