using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Tests.Aggregation;

public sealed class ServiceBufferTests
{
    [Fact]
    public void Batch_whose_predecessor_was_never_seen_is_refused()
    {
        var buffer = Buffer();

        Assert.Equal(AppendStatus.Gap, buffer.Append(Batch(previous: 4, 5)).Status);
        Assert.Equal(0, buffer.Rows);
    }

    [Fact]
    public void Predecessor_in_the_ledger_counts_as_seen()
    {
        var buffer = Buffer(new LedgerEntry("t", 0, NextOffset: 5));

        var result = buffer.Append(Batch(previous: 4, 5, 6));

        Assert.Equal(new AppendResult(AppendStatus.Accepted, 4), result);
        Assert.Equal(2, buffer.Rows);
    }

    [Fact]
    public void Records_already_seen_are_dropped_one_by_one()
    {
        var buffer = Buffer(new LedgerEntry("t", 0, NextOffset: 11));
        buffer.Append(Batch(previous: RowBatch.NoOffset, 9, 10, 11, 12));

        var request = buffer.TakeFlush(long.MaxValue)!;

        Assert.Equal([11, 12], OffsetRows.Offsets(request));
        Assert.Equal(2, request.Blocks.Sum(b => b.Rows));
    }

    [Fact]
    public void Ledger_moves_from_exactly_what_was_known()
    {
        var buffer = Buffer(new LedgerEntry("t", 0, NextOffset: 5));
        buffer.Append(Batch(previous: 4, 5, 9));
        buffer.Append(Batch(previous: RowBatch.NoOffset, 3) with { Partition = 1 });

        var moves = buffer.TakeFlush(long.MaxValue)!.Moves.OrderBy(m => m.Partition).Select(m => (m.Partition, m.ExpectedNextOffset, m.NextOffset));

        Assert.Equal([(0, 5, 10), (1, null, 4)], moves);
    }

    [Fact]
    public void Second_flush_moves_from_where_the_first_ended()
    {
        var buffer = Buffer();
        buffer.Append(Batch(previous: RowBatch.NoOffset, 3));
        buffer.TakeFlush(long.MaxValue);
        buffer.Append(Batch(previous: 3, 8));
        Assert.Equal(1, buffer.Committed());

        var move = Assert.Single(buffer.TakeFlush(long.MaxValue)!.Moves);

        Assert.Equal((4L, 9L), (move.ExpectedNextOffset!.Value, move.NextOffset));
    }

    [Fact]
    public void Flush_takes_whole_batches_until_its_bytes_are_reached()
    {
        var buffer = Buffer();
        buffer.Append(Batch(RowBatch.NoOffset, 1));
        buffer.Append(Batch(1, 2));
        buffer.Append(Batch(2, 3));

        Assert.Equal([1, 2], OffsetRows.Offsets(buffer.TakeFlush(OffsetRows.RowBytes + 1)!));
        Assert.Equal((3, 1), (buffer.Rows, buffer.QueuedRows));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 8)]
    public void Refused_row_is_replaced_by_a_dead_letter_and_its_neighbours_stay(int row, long offset)
    {
        var buffer = Buffer(new LedgerEntry("t", 0, NextOffset: 1));
        buffer.Append(OffsetRows.Spans(RowBatch.NoOffset, 0, 1, 2));
        buffer.Append(OffsetRows.Spans(2, 3, 8));
        var moves = buffer.TakeFlush(long.MaxValue)!.Moves;

        var request = buffer.CutOut(new RefusedRow(CopyLayouts.Spans.Id, row, null, "refused"), "22021")!;

        Assert.Equal(moves, request.Moves);
        Assert.Equal(new long[] { 1, 2, 3, 8 }.Where(o => o != offset), OffsetRows.SpanOffsets(request));
        var letter = Assert.Single(request.Blocks, b => b.Layout == CopyLayouts.DeadLetters.Id);
        Assert.Equal(offset, OffsetRows.DeadLetterOffset(letter));
    }

    [Fact]
    public void Rows_refused_one_after_the_other_are_each_found()
    {
        var buffer = Buffer();
        buffer.Append(OffsetRows.Spans(RowBatch.NoOffset, 0, 1, 2, 3));
        buffer.TakeFlush(long.MaxValue);

        buffer.CutOut(new RefusedRow(CopyLayouts.Spans.Id, 1, null, "refused"), "22021");
        var request = buffer.CutOut(new RefusedRow(CopyLayouts.Spans.Id, 1, null, "refused"), "22021")!;

        Assert.Equal([0, 3], OffsetRows.SpanOffsets(request));
        Assert.Equal([1, 2], request.Blocks.Where(b => b.Layout == CopyLayouts.DeadLetters.Id).Select(OffsetRows.DeadLetterOffset));
    }

    [Fact]
    public void Row_that_postgres_does_not_name_stays_where_it_is()
    {
        var buffer = Buffer();
        buffer.Append(OffsetRows.Spans(RowBatch.NoOffset, 0, 1));
        buffer.TakeFlush(long.MaxValue);

        Assert.Null(buffer.CutOut(new RefusedRow(CopyLayouts.Spans.Id, null, null, "refused"), "54000"));
    }

    [Fact]
    public void Durable_is_what_is_committed_and_known_is_what_was_seen()
    {
        var buffer = Buffer();
        buffer.Append(Batch(RowBatch.NoOffset, 1, 2));
        Assert.Equal(new DurableMark(true, RowBatch.NoOffset), buffer.DurableOf("t", 0, 2));
        Assert.False(buffer.DurableOf("t", 0, 3).Known);
        Assert.False(buffer.DurableOf("t", 1, 1).Known);

        buffer.TakeFlush(long.MaxValue);
        buffer.Committed();

        Assert.Equal(new DurableMark(true, 2), buffer.DurableOf("t", 0, 2));
    }

    [Fact]
    public void Only_arrays_of_committed_rows_are_used_again()
    {
        var arrays = new RowArrayPool();
        var buffer = new ServiceBuffer("svc", [], TimeProvider.System, arrays);
        var (committed, seen, flushing, queued) = (InArray(arrays, RowBatch.NoOffset, 1), InArray(arrays, RowBatch.NoOffset, 1), InArray(arrays, 1, 2), InArray(arrays, 2, 3));
        buffer.Append(committed);
        buffer.Append(seen);
        buffer.TakeFlush(1);
        Assert.Equal(0, arrays.KeptBytes);
        buffer.Committed();
        Assert.Equal(committed.Tables[0].Bytes.Array.Length, arrays.KeptBytes);
        buffer.Append(flushing);
        buffer.Append(queued);
        buffer.TakeFlush(1);
        Assert.Same(committed.Tables[0].Bytes.Array, arrays.Rent(1_024));
        Assert.Equal(0, arrays.KeptBytes);
    }

    [Fact]
    public void Array_of_a_batch_that_was_taken_apart_comes_back_once()
    {
        var arrays = new RowArrayPool();
        var buffer = new ServiceBuffer("svc", [], TimeProvider.System, arrays);
        var batch = OffsetRows.Spans(RowBatch.NoOffset, 1, 2, 3);
        var array = arrays.Rent(1_024);
        batch.Tables[0].Bytes.Span.CopyTo(array);
        buffer.Append(batch with { Tables = [batch.Tables[0] with { Bytes = new(array, batch.Tables[0].Bytes.Length) }] });
        buffer.TakeFlush(long.MaxValue);
        var rest = buffer.CutOut(new RefusedRow(CopyLayouts.Spans.Id, 1, null, "no"), "22021")!;
        Assert.Equal([1, 3], OffsetRows.SpanOffsets(rest));
        buffer.Committed();
        Assert.Equal(array.Length, arrays.KeptBytes);
    }

    // Only the beginning of the array is rows, as with those of a decoder.
    private static RowBatch InArray(RowArrayPool arrays, long previous, long offset)
    {
        var batch = Batch(previous, offset);
        var array = arrays.Rent(1_024);
        batch.Tables[0].Bytes.Span.CopyTo(array);
        return batch with { Tables = [batch.Tables[0] with { Bytes = new(array, OffsetRows.RowBytes) }] };
    }

    private static ServiceBuffer Buffer(params LedgerEntry[] ledger) => new("svc", ledger, TimeProvider.System, new RowArrayPool());

    private static RowBatch Batch(long previous, params long[] offsets) => OffsetRows.Batch(previous, offsets);
}
