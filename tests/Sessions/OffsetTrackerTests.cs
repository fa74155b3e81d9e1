using CsCheck;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Sql.Ledger;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Sessions;

public sealed class OffsetTrackerTests
{
    [Fact]
    public void Resume_point_waits_for_the_oldest_chunk()
    {
        var tracker = new OffsetTracker(resumePoint: 10);
        var first = tracker.Add(lastOffset: 14, bytes: 100, now: 0);
        var second = tracker.Add(lastOffset: 20, bytes: 50, now: 0);

        Assert.False(tracker.Complete(second));
        Assert.Equal((10, 150), (tracker.ResumePoint, tracker.UndurableBytes));
        Assert.True(tracker.Complete(first));
        Assert.Equal((21, 0), (tracker.ResumePoint, tracker.UndurableBytes));
    }

    [Fact]
    public void What_compressed_payloads_turn_out_to_need_is_counted_until_it_is_durable()
    {
        var tracker = new OffsetTracker(resumePoint: 0);
        var chunk = tracker.Add(lastOffset: 9, bytes: 100, now: 0);
        Assert.Same(chunk, tracker.Decoded(chunk, lastOffset: 9, bytes: 60, now: 0));
        Assert.Equal(100, tracker.UndurableBytes);
        tracker.Decoded(chunk, lastOffset: 9, bytes: 1070, now: 0);
        Assert.Equal(1070, tracker.UndurableBytes);
        Assert.True(tracker.Complete(chunk));
        Assert.Equal(0, tracker.UndurableBytes);
    }

    [Fact]
    public void Part_of_a_chunk_is_durable_by_itself()
    {
        var tracker = new OffsetTracker(resumePoint: 0);
        var chunk = tracker.Add(lastOffset: 9, bytes: 100, now: 0);
        var behind = tracker.Add(lastOffset: 19, bytes: 7, now: 0);
        var first = tracker.Decoded(chunk, lastOffset: 3, bytes: 1000, now: 0, new RecordCounts(4, 1));
        var second = tracker.Decoded(chunk, lastOffset: 6, bytes: 2000, now: 0, new RecordCounts(3, 0));
        Assert.Equal(3107, tracker.UndurableBytes);

        Assert.False(tracker.Complete(second));
        Assert.True(tracker.Complete(first));
        Assert.Equal((7, 107, new RecordCounts(7, 1)), (tracker.ResumePoint, tracker.UndurableBytes, tracker.Consumed));
        Assert.Same(chunk, tracker.Oldest);
        tracker.Complete(behind);
        Assert.True(tracker.Complete(chunk));
        Assert.Equal((20, 0), (tracker.ResumePoint, tracker.UndurableBytes));
    }

    [Fact]
    public void Resume_point_is_behind_every_chunk_with_something_pending_in_any_order_of_completion() =>
        // Each chunk: how many batches it sends. Then a random order in which batches and decodings end.
        Gen.Select(Gen.Int[0, 4].Array[1, 30], Gen.Int).Sample((batches, seed) =>
        {
            var tracker = new OffsetTracker(0, new RecordCounts(100, 10));
            var chunks = new List<ChunkProgress>();
            var endings = new List<ChunkProgress>();
            foreach (var n in batches)
            {
                var chunk = tracker.Add(chunks.Count * 10 + 9, bytes: 1, now: 0);
                chunk.Pending += n;
                tracker.Decoded(chunk, chunk.LastOffset, bytes: 0, now: 0, new RecordCounts(5, n));
                chunks.Add(chunk);
                endings.AddRange(Enumerable.Repeat(chunk, n + 1));
            }

            foreach (var chunk in endings.Shuffle(seed))
            {
                tracker.Complete(chunk);
                var expected = chunks.TakeWhile(c => c.Pending == 0).Count();
                Assert.Equal(expected * 10, tracker.ResumePoint);
                Assert.Equal(new RecordCounts(100 + expected * 5, 10 + batches.Take(expected).Sum()), tracker.Consumed);
                Assert.Equal(chunks.Count - expected, tracker.UndurableBytes);
            }

            Assert.Null(tracker.Oldest);
        });
}
