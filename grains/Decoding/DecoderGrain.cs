using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using Orleans.Concurrency;
using Orleans.Streams;
using Orleans.Streams.Core;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Takes the chunks of a partition one after the other, decodes them and hands each service's rows to its aggregator. Stateless: what must be remembered is in the
/// partition's <see cref="PartitionSession"/>. Never throws into Orleans, which would deliver again with overlap and in the end skip: trouble breaks the session instead.
/// </summary>
[StatelessWorker(MaxLocalWorkers), ImplicitStreamSubscription(IDecoderGrain.StreamNamespace)]
internal sealed class DecoderGrain(
    PartitionTracker tracker,
    DurabilityWatcher watcher,
    AggregatorKeys aggregators,
    TimeProvider time,
    ObjectPool<ChunkDecoder> decoders,
    RowArrayPool arrays,
    ILogger<DecoderGrain> log) : Grain, IDecoderGrain, IStreamSubscriptionObserver, IAsyncObserver<PayloadChunk>
{
    /// <summary>One per partition that waits for aggregators; decoding itself is bounded by the cores.</summary>
    private const int MaxLocalWorkers = 64;

    private static readonly TimeSpan CreditPoll = TimeSpan.FromMilliseconds(20);

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => await handleFactory.Create<PayloadChunk>().ResumeAsync(this);

    public async Task OnNextAsync(PayloadChunk item, StreamSequenceToken? token = null)
    {
        if (tracker.Find(item) is not { } session || await session.EnterAsync(item) is not { } progress)
        {
            GrainsLog.StaleDelivery(log, item.Topic, item.Partition, item.Session, item.Sequence);
            return;
        }

        var next = 0;
        try
        {
            while (next < item.Records.Count && session.IsOpen)
            {
                var first = next;
                var batches = Decode(item, ref next, out var bytes, out var emptyRecords);
                var part = session.Decoded(progress, item.Records[next - 1].Offset, bytes, new RecordCounts(next - first, emptyRecords));
                await Task.WhenAll(batches.Select(batch => SendAsync(session, part, batch)));
                session.Sent(progress, part);
                while (next < item.Records.Count && !tracker.HasCredit(session) && session.HasRowsBefore(progress))
                {
                    await Task.Delay(CreditPoll, time);
                }
            }
        }
        catch (Exception e)
        {
            // Whatever it was: a chunk that is not wholly decoded and accepted must not count as such.
            GrainsLog.DecodingFailed(log, e, item.Topic, item.Partition, session.ResumePoint);
            session.Break(BreakCause.DecodingFailed, $"{e.GetType().Name}: {e.Message}");
        }
        finally
        {
            session.Leave(item, progress, isDecoded: next == item.Records.Count);
        }
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    private IReadOnlyList<DecodedBatch> Decode(PayloadChunk chunk, ref int next, out long bytes, out int emptyRecords)
    {
        var first = next;
        var decoder = decoders.Get();
        var batches = decoder.Decode(chunk, ref next, ChunkDecoder.PartBytes, out bytes);
        emptyRecords = decoder.EmptyRecords;
        decoders.Return(decoder);
        // The chunk was admitted once and these records are decoded: nobody reads them again. Whoever replays them has read them anew.
        for (var i = first; i < next; i++)
        {
            if (MemoryMarshal.TryGetArray(chunk.Records[i].Value, out var array))
            {
                arrays.Return(array.Array!);
            }
        }

        return batches;
    }

    private async Task SendAsync(PartitionSession session, ChunkProgress part, DecodedBatch batch)
    {
        var (link, message) = session.Sending(part, batch);
        try
        {
            var result = await aggregators.Get(GrainFactory, batch.ServiceName, session.Partition).AppendAsync(message);
            if (result.Status == AppendStatus.Gap)
            {
                Break(BreakCause.Gap, $"the aggregator of {batch.ServiceName} has not seen offset {message.PreviousOffset}");
            }
            else if (session.Accepted(link, message, result.DurableOffset))
            {
                watcher.Watch(session, link);
            }
        }
        catch (Exception e)
        {
            // Time-out, silo gone, activation failed, message rejected, no memory: whether it was accepted is unknown, replaying is safe.
            Break(BreakCause.NotTaken, $"the aggregator of {batch.ServiceName} did not take the rows: {e.GetType().Name}: {e.Message}");
        }

        void Break(BreakCause cause, string reason)
        {
            if (session.Break(cause, reason))
            {
                GrainsLog.SessionBroken(log, session.Topic, session.Partition, session.ResumePoint, reason);
            }
        }
    }
}
