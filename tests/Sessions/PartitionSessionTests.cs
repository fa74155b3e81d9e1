using Microsoft.Extensions.Time.Testing;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Grains.Sessions;

namespace OtelOrleans.Tests.Sessions;

public sealed class PartitionSessionTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PartitionSession _session;

    public PartitionSessionTests() => _session = new PartitionSession("t", 0, id: 7, resumePoint: 100, _time);

    [Fact]
    public async Task Chunk_without_rows_is_durable_once_decoded()
    {
        var chunk = Poll(100, 104);
        var progress = await _session.EnterAsync(chunk);
        Assert.Equal(100, _session.ResumePoint);

        _session.Leave(chunk, progress!, isDecoded: true);

        Assert.Equal(105, _session.ResumePoint);
        Assert.Equal(0, _session.UndurableBytes);
    }

    [Fact]
    public async Task Chunk_delivered_twice_enters_once()
    {
        var chunk = Poll(100, 104);
        var progress = await _session.EnterAsync(chunk);
        _session.Leave(chunk, progress!, isDecoded: true);

        Assert.Null(await _session.EnterAsync(chunk));
        Assert.True(_session.IsOpen);
    }

    [Fact]
    public async Task Skipped_chunk_breaks_the_session()
    {
        Poll(100, 104);
        var second = Poll(105, 109);

        Assert.Null(await _session.EnterAsync(second));
        Assert.NotNull(_session.BrokenBecause);
        Assert.Equal(100, _session.ResumePoint);
    }

    [Fact]
    public async Task Next_chunk_waits_until_the_one_before_has_left()
    {
        var (first, second) = (Poll(100, 104), Poll(105, 109));
        var inside = await _session.EnterAsync(first);
        var waiting = _session.EnterAsync(second).AsTask();
        Assert.False(waiting.IsCompleted);

        _session.Leave(first, inside!, isDecoded: true);

        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task Chunk_that_waited_does_not_enter_a_session_that_broke_meanwhile()
    {
        var (first, second, third) = (Poll(100, 104), Poll(105, 109), Poll(110, 114));
        var inside = await _session.EnterAsync(first);
        var waiting = _session.EnterAsync(second).AsTask();
        var behind = _session.EnterAsync(third).AsTask();
        _session.Break(BreakCause.Lost, "test");
        _session.Leave(first, inside!, isDecoded: true);

        Assert.Null(await waiting);
        Assert.Null(await behind);
        Assert.Equal(100, _session.ResumePoint);
    }

    [Fact]
    public async Task Batches_name_their_predecessor_per_aggregator()
    {
        var first = Poll(100, 104);
        var progress = await _session.EnterAsync(first);

        Assert.Equal(RowBatch.NoOffset, Send(progress!, "a", 101).Batch.PreviousOffset);
        Assert.Equal(RowBatch.NoOffset, Send(progress!, "b", 103).Batch.PreviousOffset);
        _session.Leave(first, progress!, isDecoded: true);
        progress = await _session.EnterAsync(Poll(105, 109));
        Assert.Equal(101, Send(progress!, "a", 107).Batch.PreviousOffset);
    }

    [Fact]
    public async Task Resume_point_moves_when_every_aggregator_has_committed()
    {
        var chunk = Poll(100, 104);
        var progress = await _session.EnterAsync(chunk);
        var (a, b) = (Send(progress!, "a", 101), Send(progress!, "b", 104));
        Assert.True(_session.Accepted(a.Link, a.Batch, RowBatch.NoOffset));
        Assert.True(_session.Accepted(b.Link, b.Batch, RowBatch.NoOffset));
        _session.Leave(chunk, progress!, isDecoded: true);

        _session.Durable(b.Link, 104);
        Assert.Equal(100, _session.ResumePoint);
        _session.Durable(a.Link, 101);
        Assert.Equal(105, _session.ResumePoint);
    }

    [Fact]
    public async Task Dimension_counts_as_stored_only_when_its_batch_is_committed()
    {
        var dimension = new Dimension(1, 101, []);
        var progress = await _session.EnterAsync(Poll(100, 104));
        var sent = Send(progress!, "a", 101, dimension);
        _session.Accepted(sent.Link, sent.Batch, RowBatch.NoOffset);
        Assert.True(dimension.MustBeSent(_time));

        _session.Durable(sent.Link, 101);

        Assert.False(dimension.MustBeSent(_time));
        _time.Advance(Dimension.TrustedFor);
        Assert.True(dimension.MustBeSent(_time));
    }

    [Fact]
    public async Task Link_is_asked_for_as_long_as_something_accepted_is_not_durable()
    {
        var progress = await _session.EnterAsync(Poll(100, 104));
        var sent = Send(progress!, "a", 101);
        Assert.Null(_session.NextToAsk(sent.Link));
        Assert.True(_session.Accepted(sent.Link, sent.Batch, RowBatch.NoOffset));
        Assert.Equal(101, _session.NextToAsk(sent.Link));

        _session.Durable(sent.Link, 101);

        Assert.Null(_session.NextToAsk(sent.Link));
    }

    [Fact]
    public async Task Nothing_moves_the_resume_point_of_a_broken_session_past_what_was_not_sent()
    {
        var chunk = Poll(100, 104);
        var progress = await _session.EnterAsync(chunk);
        var sent = Send(progress!, "a", 101);
        _session.Break(BreakCause.Lost, "test");
        _session.Leave(chunk, progress!, isDecoded: true);
        _session.Durable(sent.Link, 101);

        Assert.Equal(100, _session.ResumePoint);
    }

    [Fact]
    public async Task Session_settles_only_as_far_as_decoders_have_taken_its_chunks()
    {
        var (first, _) = (Poll(100, 104), Poll(105, 109));
        Assert.False(_session.IsSettling);
        var progress = await _session.EnterAsync(first);
        Assert.True(_session.IsSettling);

        _session.Leave(first, progress!, isDecoded: true);

        Assert.False(_session.IsSettling);
    }

    [Fact]
    public async Task Chunk_that_was_not_wholly_decoded_never_counts_as_durable()
    {
        var chunk = Poll(100, 104);
        var progress = await _session.EnterAsync(chunk);

        _session.Leave(chunk, progress!, isDecoded: false);

        Assert.Equal(100, _session.ResumePoint);
    }

    [Fact]
    public async Task Chunk_that_ends_after_its_partition_was_given_up_moves_nothing()
    {
        var chunk = Poll(100, 104);
        var progress = await _session.EnterAsync(chunk);
        _session.Close();

        _session.Leave(chunk, progress!, isDecoded: true);

        Assert.Equal(100, _session.ResumePoint);
    }

    [Fact]
    public async Task Oldest_chunk_that_no_decoder_took_is_told_by_its_age()
    {
        var chunk = Poll(100, 104);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(TimeSpan.FromSeconds(61), _session.OldestUnsent());

        var progress = await _session.EnterAsync(chunk);
        Send(progress!, "a", 101);
        _session.Leave(chunk, progress!, isDecoded: true);

        Assert.Equal(TimeSpan.Zero, _session.OldestUnsent());
    }

    [Fact]
    public async Task Rest_of_a_chunk_waits_for_its_parts_and_for_nothing_else()
    {
        var chunk = Poll(100, 104);
        Poll(105, 109);
        var progress = await _session.EnterAsync(chunk);
        var part = _session.Decoded(progress!, lastOffset: 102, bytes: 1000);
        var sent = Send(part, "a", 101);
        _session.Accepted(sent.Link, sent.Batch, RowBatch.NoOffset);
        _session.Sent(progress!, part);
        Assert.True(_session.HasRowsBefore(progress!));

        _session.Durable(sent.Link, 101);

        Assert.False(_session.HasRowsBefore(progress!));
        Assert.Equal(103, _session.ResumePoint);
    }

    [Fact]
    public async Task Part_counts_as_sent_only_with_all_its_batches()
    {
        var progress = await _session.EnterAsync(Poll(100, 104));
        var part = _session.Decoded(progress!, lastOffset: 102, bytes: 1000);
        var sent = Send(part, "a", 101);
        _session.Accepted(sent.Link, sent.Batch, durableOffset: 101);
        Assert.Equal(100, _session.ResumePoint);

        _session.Sent(progress!, part);

        Assert.Equal(103, _session.ResumePoint);
    }

    [Fact]
    public async Task Chunk_that_waited_for_earlier_rows_has_its_time_from_when_they_are_durable()
    {
        var chunk = Poll(100, 104);
        var behind = Poll(105, 109);
        var progress = await _session.EnterAsync(chunk);
        var sent = Send(progress!, "a", 101);
        _session.Accepted(sent.Link, sent.Batch, RowBatch.NoOffset);
        _session.Leave(chunk, progress!, isDecoded: true);
        _time.Advance(TimeSpan.FromMinutes(10));
        _session.Durable(sent.Link, 101);

        Assert.Equal(TimeSpan.Zero, _session.OldestUnsent());
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), _session.OldestUnsent());
        Assert.NotNull(await _session.EnterAsync(behind));
    }

    [Fact]
    public async Task Session_whose_accepted_rows_do_not_become_durable_is_stalled()
    {
        var chunk = Poll(100, 104);
        var progress = await _session.EnterAsync(chunk);
        var sent = Send(progress!, "a", 101);
        _session.Accepted(sent.Link, sent.Batch, RowBatch.NoOffset);
        _session.Leave(chunk, progress!, isDecoded: true);
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(TimeSpan.FromMinutes(4), _session.Stalled());

        _session.Durable(sent.Link, 101);
        _time.Advance(TimeSpan.FromMinutes(4));

        Assert.Equal(TimeSpan.Zero, _session.Stalled());
    }

    private PayloadChunk Poll(long first, long last) =>
        _session.Polled([.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => new PayloadRecord(first + i, 0, Signal.Traces, default))], bytes: 10);

    private (AggregatorLink Link, RowBatch Batch) Send(ChunkProgress chunk, string service, long offset, params Dimension[] dimensions) =>
        _session.Sending(chunk, new DecodedBatch(service, new RowBatch("t", 0, RowBatch.NoOffset, [offset], [], []), dimensions));
}
