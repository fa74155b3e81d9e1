using Npgsql;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Sql;

/// <summary>Compares the tables with what rows are encoded for. A silo that would write into the wrong columns must not start.</summary>
public static class SchemaCheck
{
    /// <summary>Every difference as one line that says what to do; empty if the schema fits. Columns that the layouts do not name must do without a value.</summary>
    public static async Task<IReadOnlyList<string>> VerifyAsync(PostgresDatabase database, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(database);
        var tables = await ReadAsync(database.Control, ct);
        var problems = new List<string>();
        foreach (var layout in CopyLayouts.All)
        {
            if (!tables.TryGetValue(layout.Table, out var columns))
            {
                problems.Add($"table otel.{layout.Table} is missing: run `otelorleans migrate`");
                continue;
            }

            foreach (var column in layout.Columns)
            {
                if (!columns.Remove(column.Name, out var found))
                    problems.Add($"table otel.{layout.Table} lacks column {column.Name}: run `otelorleans migrate`");
                else if (found.Type != column.Type)
                    problems.Add($"column otel.{layout.Table}.{column.Name} is {found.Type}, this version writes {column.Type}: run the version that made it, or migrate the column");
            }

            problems.AddRange(columns.Where(c => c.Value.Required).Select(c =>
                $"column otel.{layout.Table}.{c.Key} needs a value that this version does not write: give it a default"));
        }

        return problems;
    }

    private static async Task<Dictionary<string, Dictionary<string, (string Type, bool Required)>>> ReadAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var command = database.CreateCommand("""
            select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull and not a.atthasdef and a.attidentity = ''
            from pg_attribute a
            join pg_class c on c.oid = a.attrelid
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'otel' and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
            """);
        var tables = new Dictionary<string, Dictionary<string, (string, bool)>>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var table = reader.GetString(0);
            if (!tables.TryGetValue(table, out var columns))
                tables[table] = columns = [];
            columns[reader.GetString(1)] = (reader.GetString(2), reader.GetBoolean(3));
        }

        return tables;
    }
}
