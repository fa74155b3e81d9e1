using CsCheck;
using OtelOrleans.Silo.Kafka;

namespace OtelOrleans.Tests.Kafka;

public sealed class KafkaQueueBalancerTests
{
    [Fact]
    public void Partitions_are_split_evenly_whatever_the_silos() =>
        Gen.Select(Gen.UInt.HashSet[0, 100], Gen.UInt.HashSet[1, 10]).Sample((queues, silos) =>
        {
            var load = new int[silos.Count];
            foreach (var owner in KafkaQueueBalancer.Assign([.. queues], [.. silos]))
            {
                load[owner]++;
            }

            Assert.True(load.Max() <= (queues.Count + silos.Count - 1) / silos.Count, $"{queues.Count} over {string.Join(' ', load)}");
        });

    [Fact]
    public void Few_partitions_move_when_a_silo_joins() =>
        Gen.Select(Gen.UInt.HashSet[8, 64], Gen.UInt.HashSet[3, 6]).Sample((queues, silos) =>
        {
            uint[] after = [.. silos];
            var ownersBefore = KafkaQueueBalancer.Assign([.. queues], after[..^1]);
            var ownersAfter = KafkaQueueBalancer.Assign([.. queues], after);

            // The newcomer must get its share; beside that, the cap pushes some from full silos to others.
            var moved = ownersBefore.Zip(ownersAfter).Count(o => o.First != o.Second);
            Assert.True(moved <= queues.Count * 2 / 3, $"{moved} of {queues.Count} moved");
        });
}
