using System.Buffers.Binary;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Tests.Sessions.Simulation;

/// <summary>What Postgres does for the protocol: a transaction is stored wholly or not at all, the ledger moves by compare-and-set, resume points are only raised.</summary>
internal sealed class SimulatedPostgres(SimulatedLog log, ProtocolRules rules)
{
    private readonly Dictionary<(string Service, int Partition), long> _ledger = [];
    private readonly Dictionary<(string Service, int Partition, long Offset), int> _rows = [];
    private readonly Dictionary<int, long> _resumePoints = [];
    private readonly Dictionary<int, long> _firstUnstored = [];

    /// <summary>Where the arrays of committed rows go; see <see cref="SimulatedLog.Arrays"/>.</summary>
    public RowArrayPool Arrays => log.Arrays;

    public long ResumePoint(int partition) => _resumePoints.GetValueOrDefault(partition);

    public void Raise(int partition, long resumePoint) => _resumePoints[partition] = Math.Max(ResumePoint(partition), resumePoint);

    public IEnumerable<LedgerEntry> Ledger(string service) =>
        _ledger.Where(e => e.Key.Service == service).Select(e => new LedgerEntry(SimulatedLog.Topic, e.Key.Partition, e.Value));

    /// <summary>Stores the rows and moves the ledger, or neither.</summary>
    public bool TryCommit(FlushRequest request)
    {
        if (rules.CompareAndSet && request.Moves.Any(m => m.ExpectedNextOffset != Next(request.ServiceName, m.Partition)))
        {
            return false;
        }

        foreach (var move in request.Moves)
        {
            _ledger[(request.ServiceName, move.Partition)] = move.NextOffset;
        }

        foreach (var (partition, offset) in request.Blocks.SelectMany(SimulatedLog.Rows))
        {
            var row = (request.ServiceName, partition, offset);
            _rows[row] = _rows.GetValueOrDefault(row) + 1;
            Assert.True(_rows[row] == 1, $"stored twice: {row}");
        }

        return true;
    }

    /// <summary>The first offset of a partition of which a row is missing.</summary>
    public long FirstUnstored(int partition)
    {
        var offset = _firstUnstored.GetValueOrDefault(partition);
        while (offset < SimulatedLog.Records && log.Services(partition, offset).All(s => _rows.ContainsKey((s, partition, offset))))
        {
            offset++;
        }

        return _firstUnstored[partition] = offset;
    }

    public int RowCount => _rows.Count;

    private long? Next(string service, int partition) => _ledger.TryGetValue((service, partition), out var next) ? next : null;
}

/// <summary>What is in Kafka: which services have a row in which record. A row is its partition and its offset, eight bytes.</summary>
internal sealed class SimulatedLog(int seed)
{
    public const string Topic = "t";
    public const int Partitions = 2;
    public const int Records = 24;
    public const short Layout = 1;
    public static readonly string[] ServiceNames = ["a", "b", "c"];

    private readonly int[,] _services = Fill(new Random(seed));

    /// <summary>What all rows are sent in, of all silos: an array that came back too early is written over by the next rows, which then are stored twice.</summary>
    public RowArrayPool Arrays { get; } = new();

    public IEnumerable<string> Services(int partition, long offset) => ServiceNames.Where((_, i) => (_services[partition, offset] >> i & 1) == 1);

    public int RowCount => Enumerable.Range(0, Partitions).Sum(p => Enumerable.Range(0, Records).Sum(o => Services(p, o).Count()));

    public static byte[] Row(int partition, long offset)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, ((long)partition << 32) | offset);
        return bytes;
    }

    public static IEnumerable<(int Partition, long Offset)> Rows(CopyBlock block)
    {
        for (var i = 0; i < block.Rows; i++)
        {
            var row = BinaryPrimitives.ReadInt64BigEndian(block.Bytes.Span[(i * sizeof(long))..]);
            yield return ((int)(row >> 32), row & uint.MaxValue);
        }
    }

    // Mostly one service a record, some none, some several: gaps between the offsets of a service are the rule.
    private static int[,] Fill(Random random)
    {
        var services = new int[Partitions, Records];
        for (var p = 0; p < Partitions; p++)
        {
            for (var o = 0; o < Records; o++)
            {
                services[p, o] = random.Next(4) == 0 ? random.Next(8) : 1 << random.Next(ServiceNames.Length);
            }
        }

        return services;
    }
}
