using Npgsql;

namespace OtelOrleans.Sql.Copy;

/// <summary>
/// Finds the row that Postgres refuses where its error names none: a constraint that is checked at COMMIT only, a trigger. It tries the rows up to the middle in a transaction that it rolls
/// back, then up to the middle of the half that must hold the refused one, and so on: 15 transactions for 20,000 rows.
/// </summary>
internal sealed class RefusedRowSearch(PostgresDatabase database)
{
    /// <summary>The first row of the request's data that Postgres refuses together with those before it.</summary>
    /// <returns>Its layout and its place among the request's rows of that layout; null if Postgres takes them all: it is not a row that it refuses.</returns>
    /// <exception cref="NpgsqlException">Postgres has gone away meanwhile.</exception>
    public async Task<(short Layout, int Row)?> FindAsync(FlushRequest request)
    {
        var blocks = CopyLayouts.All.Where(l => l.Role == CopyRole.Data).SelectMany(l => request.Blocks.Where(b => b.Layout == l.Id && b.Rows > 0).Select(b => (Layout: l, Block: b))).ToList();
        var (taken, refused) = (0, blocks.Sum(b => b.Block.Rows));
        if (refused == 0 || !await RefusesAsync(blocks, refused))
            return null;
        while (refused - taken > 1)
        {
            var middle = taken + ((refused - taken) / 2);
            if (await RefusesAsync(blocks, middle))
                refused = middle;
            else
                taken = middle;
        }

        return Place(blocks, refused - 1);
    }

    private async Task<bool> RefusesAsync(List<(CopyLayout Layout, CopyBlock Block)> blocks, int rows)
    {
        await using var connection = await database.Writer.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        try
        {
            foreach (var table in blocks.GroupBy(b => b.Layout))
            {
                await RawCopy.RunAsync(connection, table.Key, $"otel.{table.Key.Table}", table.Select(b => First(b.Block)));
                if (rows == 0)
                    break;
            }

            await using var check = new NpgsqlCommand("set constraints all immediate", connection);
            await check.ExecuteNonQueryAsync();
            return false;
        }
        catch (PostgresException e) when (SqlErrors.Classify(e) == SqlErrorClass.Refused)
        {
            return true;
        }

        ReadOnlyMemory<byte> First(CopyBlock block)
        {
            var count = Math.Min(rows, block.Rows);
            rows -= count;
            return block.Slice(0, count).Bytes;
        }
    }

    private static (short Layout, int Row) Place(List<(CopyLayout Layout, CopyBlock Block)> blocks, int row)
    {
        var (layout, before) = (blocks[0].Layout, 0);
        foreach (var (next, block) in blocks)
        {
            (layout, before) = (next, next == layout ? before : 0);
            if (row < block.Rows)
                break;
            (before, row) = (before + block.Rows, row - block.Rows);
        }

        return (layout.Id, before + row);
    }
}
