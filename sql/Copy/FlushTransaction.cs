using Npgsql;
using NpgsqlTypes;
using OtelOrleans.Sql.Rollups;

namespace OtelOrleans.Sql.Copy;

/// <summary>How far a <see cref="FlushTransaction"/> has come: the difference between "not stored" and "perhaps stored".</summary>
internal enum FlushStage
{
    /// <summary>Dimension rows, in their own transaction.</summary>
    Dimensions,

    /// <summary>Ledger and rows; an error rolls them back.</summary>
    Rows,

    /// <summary>COMMIT is sent and not answered.</summary>
    Committing,

    /// <summary>COMMIT is answered.</summary>
    Committed,
}

/// <summary>
/// One try at storing a group: dimensions, then ledger and rows together. After an exception <see cref="Stage"/> says what it means, <see cref="Table"/> and
/// <see cref="Blocks"/> what was being copied.
/// </summary>
/// <param name="connection">Open, and nothing else's.</param>
/// <param name="group">Stored together.</param>
/// <param name="rollups">Counts the spans of the transaction.</param>
/// <param name="letterId">The rows are those of a dead letter: its mark takes the place of the ledger, which does not move.</param>
internal sealed class FlushTransaction(NpgsqlConnection connection, IReadOnlyList<PendingFlush> group, SpanRollups rollups, long? letterId = null)
{
    public FlushStage Stage { get; private set; }

    /// <summary>The table that is being filled; null during other statements.</summary>
    public CopyLayout? Table { get; private set; }

    /// <summary>The blocks that are being copied, in the order in which the server sees their rows.</summary>
    public IReadOnlyList<(PendingFlush Owner, CopyBlock Block)> Blocks { get; private set; } = [];

    /// <summary>Stores the group. If the ledger refuses some of it, nothing is stored and those are returned.</summary>
    public async Task<IReadOnlyCollection<PendingFlush>> RunAsync()
    {
        await UpsertDimensionsAsync();
        using var rollupRows = new CopyRowBuffer();
        var others = rollups.Write(rollupRows, group.SelectMany(f => f.Request.Blocks));

        Stage = FlushStage.Rows;
        await using var transaction = await connection.BeginTransactionAsync();
        var fenced = letterId is { } id ? await MarkLetterAsync(id) : await MoveLedgerAsync();
        if (fenced.Count > 0)
        {
            await transaction.RollbackAsync();
            return fenced;
        }

        foreach (var layout in CopyLayouts.All)
        {
            if (layout.Role == CopyRole.Data && BlocksOf(layout, f => f.Request.Blocks) is { Count: > 0 } blocks)
                await CopyAsync(layout, $"otel.{layout.Table}", blocks);
        }

        if (rollupRows.Rows > 0)
            await CopyAsync(CopyLayouts.RollupDeltas, "otel.service_rollup_deltas", [(group[0], new CopyBlock(CopyLayouts.RollupDeltas.Id, rollupRows.WrittenMemory, rollupRows.Rows))]);
        await CopyFlushesAsync();

        Stage = FlushStage.Committing;
        await transaction.CommitAsync();
        Stage = FlushStage.Committed;
        SpanRollups.Committed(others);
        return [];
    }

    /// <summary>
    /// Writes the dimension rows by way of a temporary table: COPY has no ON CONFLICT. Tables in fixed order and rows in order of id, so that writers who meet wait for
    /// each other and never in a circle; rows that are known and fresh are not touched, so they mostly do not meet.
    /// </summary>
    private async Task UpsertDimensionsAsync()
    {
        if (group.All(f => f.Request.Dimensions.Count == 0))
            return;
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var layout in CopyLayouts.All)
        {
            if (layout.Role != CopyRole.Dimension || BlocksOf(layout, f => f.Request.Dimensions) is not { Count: > 0 } blocks)
                continue;
            var dimension = DimensionTable.Of(layout);
            await ExecuteAsync(dimension.CreateStaging);
            await CopyAsync(layout, dimension.Staging, blocks);
            Table = layout;
            await ExecuteAsync(dimension.Upsert);
            Table = null;
        }

        await transaction.CommitAsync();
    }

    private async Task<IReadOnlyCollection<PendingFlush>> MoveLedgerAsync()
    {
        var moves = group.SelectMany(f => f.Moves.Select(m => (Flush: f, Move: m)))
            .OrderBy(m => m.Flush.Request.ServiceName, StringComparer.Ordinal).ThenBy(m => m.Move.Topic, StringComparer.Ordinal).ThenBy(m => m.Move.Partition).ToList();
        await using var command = new NpgsqlCommand(MoveLedger, connection)
        {
            Parameters =
            {
                new() { Value = moves.ConvertAll(m => m.Flush.Request.ServiceName), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = moves.ConvertAll(m => m.Move.Topic), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = moves.ConvertAll(m => m.Move.Partition), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                new() { Value = moves.ConvertAll(m => m.Move.ExpectedNextOffset), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
                new() { Value = moves.ConvertAll(m => m.Move.NextOffset), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            },
        };
        var stuck = new HashSet<int>(Enumerable.Range(0, moves.Count));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            stuck.Remove((int)reader.GetInt64(0) - 1);
        return stuck.Select(i => moves[i].Flush).ToHashSet();
    }

    /// <summary>Compare-and-set on the letter: whoever comes second waits for the first, and finds it marked.</summary>
    private async Task<IReadOnlyCollection<PendingFlush>> MarkLetterAsync(long id)
    {
        await using var command = new NpgsqlCommand("update otel.dead_letters set replayed_at = now() where id = $1 and replayed_at is null and dropped_at is null", connection);
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteNonQueryAsync() == 1 ? [] : [.. group];
    }

    /// <summary>What the flushes say of themselves. Nothing of it can be refused, but for a reason that concerns them all.</summary>
    private async Task CopyFlushesAsync()
    {
        using var rows = new CopyRowBuffer();
        FlushRows.Write(rows, group, movesLedger: letterId is null);
        await CopyAsync(CopyLayouts.Flushes, $"otel.{CopyLayouts.Flushes.Table}", [(group[0], new CopyBlock(CopyLayouts.Flushes.Id, rows.WrittenMemory, rows.Rows))]);
    }

    private async Task CopyAsync(CopyLayout layout, string table, List<(PendingFlush Owner, CopyBlock Block)> blocks)
    {
        (Table, Blocks) = (layout, blocks);
        await RawCopy.RunAsync(connection, layout, table, blocks.Select(b => b.Block.Bytes));
        (Table, Blocks) = (null, []);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private List<(PendingFlush Owner, CopyBlock Block)> BlocksOf(CopyLayout layout, Func<PendingFlush, IReadOnlyList<CopyBlock>> blocks) =>
        [.. group.SelectMany(f => blocks(f).Where(b => b.Layout == layout.Id && b.Rows > 0).Select(b => (f, b)))];

    /// <summary>Compare-and-set of every move of the group in one statement; returns the numbers (from 1) of those that moved.</summary>
    private const string MoveLedger = """
        with moves as (
            select * from unnest($1, $2, $3, $4, $5) with ordinality as m (service_name, topic, partition, expected, next, number)),
        fresh as (
            insert into otel.ingest_ledger as l (service_name, topic, partition, next_offset)
            select m.service_name, m.topic, m.partition, m.next from moves m where m.expected is null order by m.number
            on conflict (service_name, topic, partition) do nothing
            returning l.service_name, l.topic, l.partition),
        moved as (
            update otel.ingest_ledger l set next_offset = m.next, updated_at = now()
            from moves m
            where l.service_name = m.service_name and l.topic = m.topic and l.partition = m.partition and l.next_offset = m.expected
            returning m.number)
        select number from moved
        union all
        select m.number from moves m join fresh using (service_name, topic, partition)
        """;
}
