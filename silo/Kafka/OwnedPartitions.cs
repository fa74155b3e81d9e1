namespace OtelOrleans.Silo.Kafka;

/// <summary>The partitions that the balancer has given to this silo: what it should be reading, for health to compare with what it reads.</summary>
internal sealed class OwnedPartitions
{
    private volatile IReadOnlyList<(string Topic, int Partition)> _partitions = [];

    public IReadOnlyList<(string Topic, int Partition)> Partitions
    {
        get => _partitions;
        set => _partitions = value;
    }
}
