using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Bench.Pipeline;

/// <summary>The rows of records as our decoder encodes them, in groups for one transaction each; in a group the rows of a service follow each other, as they do when a silo writes them.</summary>
internal sealed record EncodedRows(CopyLayout Layout, IReadOnlyList<IReadOnlyList<ReadOnlyMemory<byte>>> Groups, long Rows, long Bytes)
{
    /// <summary>What a writer takes into one transaction by default, <c>MaxRowsPerTransaction</c>.</summary>
    private const int RowsPerTransaction = 20_000;

    public static EncodedRows Of(BenchLoad load, IReadOnlyList<byte[]> records)
    {
        using var decoder = new ChunkDecoder(new DimensionCache(), TimeProvider.System);
        List<IReadOnlyList<ReadOnlyMemory<byte>>> groups = [];
        List<(string Service, byte[] Rows)> group = [];
        var (rows, inGroup, bytes) = (0L, 0, 0L);
        foreach (var record in records)
        {
            foreach (var batch in decoder.Decode(new PayloadChunk("bench", 0, 1, 1, [new PayloadRecord(0, 0, load.Signal, record)])))
            {
                foreach (var table in batch.Batch.Tables.Where(t => t.Layout == load.Layout.Id))
                {
                    group.Add((batch.ServiceName, table.Bytes.Span.ToArray()));
                    inGroup += table.RecordRows[0];
                    bytes += table.Bytes.Length;
                }
            }

            if (inGroup >= RowsPerTransaction)
            {
                Close();
            }
        }

        Close();
        return new(load.Layout, groups, rows, bytes);

        void Close()
        {
            groups.Add([.. group.OrderBy(g => g.Service, StringComparer.Ordinal).Select(g => (ReadOnlyMemory<byte>)g.Rows)]);
            rows += inGroup;
            inGroup = 0;
            group.Clear();
        }
    }
}
