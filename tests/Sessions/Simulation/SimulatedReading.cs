using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Decoding;
using OtelOrleans.Grains.Sessions;

namespace OtelOrleans.Tests.Sessions.Simulation;

/// <summary>A batch on its way to an aggregator. It may arrive when its sender waits no longer, and more than once.</summary>
internal sealed record SimulatedMail(string Service, RowBatch Batch, SimulatedReading Reading, AggregatorLink Link);

/// <summary>One silo's reading of one partition, around the real <see cref="PartitionSession"/>: what receiver and decoder do.</summary>
internal sealed class SimulatedReading(int partition, SimulatedLog log, ProtocolRules rules, PartitionSession session)
{
    private readonly List<PayloadChunk> _undelivered = [];
    private readonly List<PayloadChunk> _delivered = [];
    private readonly List<SimulatedMail> _sends = [];
    private PayloadChunk? _chunk;
    private ChunkProgress? _progress;
    private ChunkProgress? _part;
    private long _position = session.ResumePoint;
    private int _next;

    public int Partition => partition;

    public PartitionSession Session => session;

    public HashSet<AggregatorLink> Links { get; } = [];

    /// <summary>Nothing of it is under way any more; a broken session can be followed by the next.</summary>
    public bool IsQuiet => _chunk is null;

    public void Poll(Random random)
    {
        var count = Math.Min(random.Next(1, 6), SimulatedLog.Records - (int)_position);
        if (!session.IsOpen || count <= 0)
        {
            return;
        }

        var records = Enumerable.Range(0, count).Select(i => new PayloadRecord(_position + i, 0, Signal.Traces, default)).ToList();
        _position += count;
        _undelivered.Add(session.Polled(records, bytes: count));
    }

    /// <summary>Orleans delivers the next chunk; or, having lost count, one that was delivered, or not the next one.</summary>
    public async Task DeliverAsync(Random random, bool withFaults)
    {
        if (withFaults && random.Next(8) == 0 && _delivered.Count > 0)
        {
            await EnterAsync(_delivered[random.Next(_delivered.Count)]);
        }
        else if (_undelivered.Count > 0 && _chunk is null)
        {
            var at = withFaults && random.Next(20) == 0 ? random.Next(_undelivered.Count) : 0;
            var chunk = _undelivered[at];
            foreach (var skipped in rules.MissesSkipped ? [] : _undelivered.Take(at).ToList())
            {
                // Passes as one that was delivered; it can never become durable by itself.
                session.Leave(skipped, (await session.EnterAsync(skipped))!, isDecoded: false);
            }

            _undelivered.RemoveRange(0, at + 1);
            _delivered.Add(chunk);
            await EnterAsync(chunk);
        }
    }

    /// <summary>Decodes the next part of the chunk it is in, once all of the part before was answered. Returns what is sent.</summary>
    public IReadOnlyList<SimulatedMail> Decode(Random random)
    {
        if (_chunk is not { } chunk || _sends.Count > 0)
        {
            return [];
        }

        if (_part is { } before)
        {
            session.Sent(_progress!, before);
            _part = null;
        }

        if (_next == chunk.Records.Count || !session.IsOpen)
        {
            session.Leave(chunk, _progress!, isDecoded: _next == chunk.Records.Count);
            _chunk = null;
            return [];
        }

        var records = chunk.Records.Skip(_next).Take(random.Next(1, 6)).ToList();
        _next += records.Count;
        _part = session.Decoded(_progress!, records[^1].Offset, records.Count);
        foreach (var service in SimulatedLog.ServiceNames)
        {
            var offsets = records.Select(r => r.Offset).Where(o => log.Services(partition, o).Contains(service)).ToArray();
            if (offsets.Length > 0)
            {
                var (link, batch) = session.Sending(_part, new DecodedBatch(service, Batch(offsets), []));
                Links.Add(link);
                _sends.Add(new SimulatedMail(service, batch, this, link));
            }
        }

        return [.. _sends];
    }

    /// <summary>The answer of the aggregator arrives.</summary>
    public void Answer(SimulatedMail mail, AppendResult? result)
    {
        if (!_sends.Remove(mail))
        {
            return;
        }

        if (result is { Status: AppendStatus.Accepted } accepted)
        {
            session.Accepted(mail.Link, mail.Batch, rules.WaitsForCommit ? accepted.DurableOffset : mail.Batch.LastOffset);
        }
        else
        {
            session.Break(BreakCause.Lost, "gap, or no activation");
        }
    }

    /// <summary>No answer comes in time.</summary>
    public void GiveUp(SimulatedMail mail)
    {
        if (_sends.Remove(mail))
        {
            session.Break(BreakCause.Lost, "no answer");
        }
    }

    private async Task EnterAsync(PayloadChunk chunk)
    {
        if (await session.EnterAsync(chunk) is { } progress)
        {
            (_chunk, _progress, _next) = (chunk, progress, 0);
        }
    }

    private RowBatch Batch(long[] offsets)
    {
        var rows = offsets.SelectMany(o => SimulatedLog.Row(partition, o)).ToArray();
        var array = log.Arrays.Rent(rows.Length);
        rows.CopyTo(array, 0);
        var ends = Enumerable.Range(1, offsets.Length).Select(n => n * sizeof(long)).ToArray();
        return new RowBatch(
            SimulatedLog.Topic, partition, RowBatch.NoOffset, offsets, [new TableRows(SimulatedLog.Layout, new(array, rows.Length), ends, [.. offsets.Select(_ => 1)])], []);
    }
}
