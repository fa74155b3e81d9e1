using System.Collections.Frozen;

namespace OtelOrleans.Sql.Copy;

/// <summary>The statements that bring rows of one dimension into its table.</summary>
internal sealed class DimensionTable
{
    private static readonly FrozenDictionary<short, DimensionTable> All =
        CopyLayouts.All.Where(l => l.Role == CopyRole.Dimension).ToFrozenDictionary(l => l.Id, l => new DimensionTable(l));

    private DimensionTable(CopyLayout layout)
    {
        var id = layout.Columns[0].Name;
        var columns = layout.ColumnList;
        Staging = $"pg_temp.staging_{layout.Id}";
        CreateStaging = $"create temporary table if not exists staging_{layout.Id} (like otel.{layout.Table} including defaults) on commit delete rows";
        // A row is touched once an hour at most, to say when it was last heard of.
        Upsert = $"""
            insert into otel.{layout.Table} as stored ({columns})
            select distinct on ({id}) {columns} from {Staging} as given
            where not exists (
                select from otel.{layout.Table} as known
                where known.{id} = given.{id} and known.last_seen >= now() - interval '1 hour')
            order by {id}
            on conflict ({id}) do update set last_seen = now() where stored.last_seen < now() - interval '1 hour'
            """;
    }

    /// <summary>Temporary table of the session with the columns and NOT NULLs of the real one; empty outside of a transaction.</summary>
    public string Staging { get; }

    public string CreateStaging { get; }

    public string Upsert { get; }

    public static DimensionTable Of(CopyLayout layout) => All[layout.Id];
}
