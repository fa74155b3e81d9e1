using Microsoft.Extensions.Options;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Tests.Sessions;

public sealed class PartitionTrackerTests
{
    private readonly PartitionTracker _tracker = new(Options.Create(new FlowOptions()), TimeProvider.System);

    [Fact]
    public void Late_chunk_of_an_earlier_session_belongs_to_nobody()
    {
        var before = Open();
        var late = Chunk(before);
        Assert.Same(before, _tracker.Find(late));

        var after = Open();

        Assert.Null(_tracker.Find(late));
        Assert.Same(after, _tracker.Find(Chunk(after)));
    }

    [Fact]
    public void Chunk_of_a_broken_session_belongs_to_nobody()
    {
        var session = Open();
        var chunk = Chunk(session);

        session.Break(BreakCause.Lost, "an aggregator has lost an offset");

        Assert.Null(_tracker.Find(chunk));
    }

    [Fact]
    public void Chunk_of_a_partition_that_was_given_up_belongs_to_nobody()
    {
        var session = Open();
        var chunk = Chunk(session);

        _tracker.Close(session);

        Assert.Null(_tracker.Find(chunk));
    }

    private PartitionSession Open() => _tracker.Open("t", new ResumePoint("t", 0, 10));

    private static PayloadChunk Chunk(PartitionSession session) => session.Polled([new PayloadRecord(10, 0, Signal.Traces, default)], 0);
}
