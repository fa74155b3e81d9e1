using OtelOrleans.GrainInterfaces;
using OtelOrleans.Silo.Pipeline;

namespace OtelOrleans.Tests.Pipeline;

/// <summary>The one sentence that tells whether data flows and, if not, where it stands.</summary>
public sealed class PipelineVerdictTests
{
    private static readonly SiloState s_silo = new("127.0.0.1:1", SiloCondition.Active, true, [], null, false, null, 2, 1, 0, null, null);
    private static readonly PartitionState s_partition = new("otlp_spans", 0, "127.0.0.1:1", 10, 10, 0, 0, 0, false, null, null, null);
    private static readonly BufferTotals s_buffers = new(1, 0, 0, null, null, 0, null);

    [Fact]
    public void Rows_that_are_stored_flow() => Says(PipelineHealth.Flowing, "Data flows: 1,234 rows/s are stored, at most 0.4 s behind Kafka", rate: 1234, partitions: [s_partition with { LagSeconds = 0.4 }]);

    [Fact]
    public void Everything_stored_and_nothing_new_is_idle() => Says(PipelineHealth.Idle, "All that Kafka has is stored");

    [Fact]
    public void Postgres_is_named_before_what_follows_from_it() => Says(
        PipelineHealth.Stopped, "Postgres is away, nothing is stored. 5 MiB wait in the silos",
        silos: [s_silo with { PostgresProblem = "refused", KafkaProblem = "away", IsReady = false, Reasons = ["rows wait"], UndurableBytes = 5 << 20 }],
        partitions: [s_partition with { Problem = "stuck" }], buffers: s_buffers with { Failing = 1, FirstError = "cart: refused" });

    [Fact]
    public void One_silo_of_two_without_postgres_is_a_part() => Says(
        PipelineHealth.Degraded, "1 of 2 silos cannot reach Postgres", silos: [s_silo, s_silo with { Silo = "127.0.0.1:2", PostgresProblem = "refused" }]);

    [Fact]
    public void Wrong_schema_is_not_waited_for() => Says(
        PipelineHealth.Stopped, "The schema is wrong, rows wait: run migrate", silos: [s_silo with { PostgresProblem = "run migrate", IsSchemaWrong = true }]);

    [Fact]
    public void Kafka_that_is_away_is_named() => Says(PipelineHealth.Stopped, "Kafka is away, nothing new is read: no broker", silos: [s_silo with { KafkaProblem = "no broker" }]);

    [Fact]
    public void Service_that_cannot_be_written_is_named() => Says(
        PipelineHealth.Degraded, "Rows of 2 services cannot be written, 10 rows/s are stored. cart: no right", rate: 10, buffers: s_buffers with { Failing = 2, FirstError = "cart: no right" });

    [Fact]
    public void Silo_that_is_gone_is_named_with_the_partitions_that_nobody_reads() => Says(
        PipelineHealth.Degraded, "1 partition of 2 are read by no silo since 127.0.0.1:2 is gone",
        silos: [s_silo, s_silo with { Silo = "127.0.0.1:2", Condition = SiloCondition.Gone }], partitions: [s_partition, s_partition with { Partition = 1, Silo = null, Problem = "no silo reads it" }]);

    [Fact]
    public void Silo_that_does_not_answer_is_named() => Says(
        PipelineHealth.Degraded, "Silo 127.0.0.1:2 does not answer", silos: [s_silo, s_silo with { Silo = "127.0.0.1:2", Condition = SiloCondition.Silent }]);

    [Fact]
    public void Paused_partition_is_named_while_the_rest_flows() => Says(
        PipelineHealth.Degraded, "otlp_spans/1 is paused, 10 rows/s are stored", rate: 10, partitions: [s_partition, s_partition with { Partition = 1, IsPaused = true }]);

    [Fact]
    public void Partition_that_is_late_is_named() => Says(
        PipelineHealth.Degraded, "10 rows/s are stored, but otlp_spans/1 is 45 s behind", rate: 10, partitions: [s_partition, s_partition with { Partition = 1, LagSeconds = 45 }]);

    [Fact]
    public void Silo_without_partitions_tells_what_it_waits_for() => Says(
        PipelineHealth.Stopped, "Silo 127.0.0.1:1 is not ready: topic otlp_spans does not exist", silos: [s_silo with { IsReady = false, Reasons = ["topic otlp_spans does not exist"] }], partitions: []);

    private static void Says(
        PipelineHealth health, string sentence, double rate = 0, IReadOnlyList<SiloState>? silos = null, IReadOnlyList<PartitionState>? partitions = null, BufferTotals? buffers = null)
    {
        var (actual, summary) = PipelineVerdict.Of(silos ?? [s_silo], partitions ?? [s_partition], [new SignalThroughput(Signal.Traces, 0, rate, [])], buffers ?? s_buffers);

        Assert.Contains(sentence, summary, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(health, actual);
    }
}
