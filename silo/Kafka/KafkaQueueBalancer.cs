using Orleans.Runtime;
using Orleans.Streams;
using OtelOrleans.Grains.Placement;

namespace OtelOrleans.Silo.Kafka;

/// <summary>
/// Spreads partitions over silos as evenly as can be, with few moves when silos come and go, and without talking to anyone: each silo computes the same from the membership
/// and the partition list. While silos disagree for a moment, two may read a partition; the ledger lets one of them commit.
/// </summary>
internal sealed class KafkaQueueBalancer : QueueBalancerBase
{
    private readonly Lock _lock = new();
    private readonly KafkaQueueMapper _partitions;
    private readonly OwnedPartitions _owned;
    private volatile IReadOnlyList<QueueId> _mine = [];
    private volatile IReadOnlyList<SiloAddress> _silos = [];

    public KafkaQueueBalancer(IServiceProvider services, KafkaQueueMapper partitions, OwnedPartitions owned, ILogger<KafkaQueueBalancer> log)
        : base(services, log)
    {
        _partitions = partitions;
        _owned = owned;
        partitions.Changed += Rebalance;
    }

    public override IEnumerable<QueueId> GetMyQueues() => _mine;

    public override Task Shutdown()
    {
        _partitions.Changed -= Rebalance;
        return base.Shutdown();
    }

    /// <summary>
    /// Rendezvous hashing with a cap: each partition goes to the silo that scores highest for it among those that are not full.
    /// </summary>
    internal static IReadOnlyList<int> Assign(IReadOnlyList<uint> queueHashes, IReadOnlyList<uint> siloHashes)
    {
        var owners = new int[queueHashes.Count];
        var load = new int[siloHashes.Count];
        var cap = (queueHashes.Count + siloHashes.Count - 1) / siloHashes.Count;
        for (var q = 0; q < queueHashes.Count; q++)
        {
            var best = -1;
            for (var s = 0; s < siloHashes.Count; s++)
            {
                if (load[s] < cap && (best < 0 || RendezvousHash.Score(queueHashes[q], siloHashes[s]) > RendezvousHash.Score(queueHashes[q], siloHashes[best])))
                {
                    best = s;
                }
            }

            load[best]++;
            owners[q] = best;
        }

        return owners;
    }

    protected override void OnClusterMembershipChange(HashSet<SiloAddress> activeSilos)
    {
        _silos = [.. activeSilos.Order()];
        Rebalance();
    }

    /// <summary>Called when the silos change and when the partitions do, by different threads: the last to come must see both.</summary>
    private void Rebalance()
    {
        lock (_lock)
        {
            List<SiloAddress> silos = [.. _silos];
            List<QueueId> queues = [.. _partitions.GetAllQueues()];
            var me = silos.IndexOf(SiloAddress);
            var owners = me < 0 ? [] : Assign([.. queues.Select(q => q.GetUniformHashCode())], [.. silos.Select(s => (uint)s.GetConsistentHashCode())]);
            _mine = me < 0 ? [] : [.. queues.Where((_, i) => owners[i] == me)];
            _owned.Partitions = [.. _mine.Select(KafkaQueueMapper.PartitionOf)];
        }

        NotifyListeners().Ignore();
    }
}
