using Microsoft.Extensions.Logging;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Aggregation;

namespace OtelOrleans.Grains.Sessions;

/// <summary>
/// Asks aggregators what is durable, on behalf of sessions that have sent them rows, in calls that end within a second. A singleton of the silo; runs outside of any grain,
/// so that a decoder's turn never waits for a flush.
/// </summary>
internal sealed class DurabilityWatcher(IGrainFactory grains, AggregatorKeys keys, ILogger<DurabilityWatcher> log)
{
    /// <summary>Begins to watch. The link is watched until nothing accepted is left to ask for, or the session ends.</summary>
    public void Watch(PartitionSession session, AggregatorLink link) =>
        // ThreadPool, not the caller's scheduler: the caller is a grain.
        ThreadPool.UnsafeQueueUserWorkItem(static s => _ = s.Self.WatchAsync(s.Session, s.Link), (Self: this, Session: session, Link: link), preferLocal: false);

    private async Task WatchAsync(PartitionSession session, AggregatorLink link)
    {
        var aggregator = keys.Get(grains, link.ServiceName, session.Partition);
        while (session.NextToAsk(link) is { } offset)
        {
            try
            {
                var mark = await aggregator.WaitDurableAsync(session.StoredTopic, session.Partition, offset).ConfigureAwait(false);
                if (mark.Known)
                {
                    session.Durable(link, mark.DurableOffset);
                }
                else
                {
                    Break(BreakCause.Lost, $"the aggregator of {link.ServiceName} has lost offset {offset}");
                }
            }
            catch (TimeoutException)
            {
                // A busy or frozen silo. Membership will tell; the aggregator's next activation answers "not known".
            }
            catch (Exception e)
            {
                // Whatever else a remote call ends with (silo gone, activation failed, rejected): replaying is safe.
                Break(BreakCause.NoAnswer, $"the aggregator of {link.ServiceName} did not answer: {e.GetType().Name}: {e.Message}");
            }
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
