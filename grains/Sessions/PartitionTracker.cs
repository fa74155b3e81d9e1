using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OtelOrleans.GrainInterfaces;
using OtelOrleans.Sql.Ledger;

namespace OtelOrleans.Grains.Sessions;

/// <summary>
/// The open sessions of one silo. A singleton in plain memory: the decoder that a pulling agent feeds always runs in the agent's silo, so receiver and decoder meet here.
/// </summary>
internal sealed class PartitionTracker(IOptions<FlowOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Topic, int Partition), PartitionSession> _sessions = new();
    private long _lastSessionId = time.GetUtcNow().UtcTicks;

    /// <summary>The latest session of each partition this silo reads, broken ones included.</summary>
    public IEnumerable<PartitionSession> Sessions => _sessions.Values;

    /// <summary>Begins a session at the resume point; it takes the place of the partition's session before.</summary>
    public PartitionSession Open(string topic, ResumePoint from)
    {
        var key = (topic, from.Partition);
        var before = _sessions.GetValueOrDefault(key);
        var session = new PartitionSession(
            topic, from.Partition, Interlocked.Increment(ref _lastSessionId), from.NextOffset, time, before?.MovedAt, from.Consumed, from.Topic, before?.LastBreak);
        _sessions[key] = session;
        return session;
    }

    /// <summary>The open session that the chunk belongs to; null if the chunk is a late delivery of an earlier one.</summary>
    public PartitionSession? Find(PayloadChunk chunk) =>
        _sessions.TryGetValue((chunk.Topic, chunk.Partition), out var session) && session.Id == chunk.Session && session.IsOpen ? session : null;

    /// <summary>Whether the session may read on, or must wait until something of it, or of the whole silo, is committed.</summary>
    public bool HasCredit(PartitionSession session) =>
        session.UndurableBytes < options.Value.MaxUndurableBytesPerPartition
        && _sessions.Values.Sum(s => s.IsOpen ? s.UndurableBytes : 0) < options.Value.MaxUndurableBytesPerSilo;

    /// <summary>The partition is given up: forgets the session.</summary>
    public void Close(PartitionSession session)
    {
        session.Close();
        _sessions.TryRemove(KeyValuePair.Create((session.Topic, session.Partition), session));
    }
}
