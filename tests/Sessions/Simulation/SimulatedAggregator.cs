using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Aggregation;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Sessions.Simulation;

/// <summary>One activation of the aggregator of a service, around the real <see cref="ServiceBuffer"/>: what the grain does with the outcome of a flush.</summary>
internal sealed class SimulatedAggregator(string service, SimulatedPostgres postgres, ProtocolRules rules)
{
    private readonly ServiceBuffer _buffer = new(service, postgres.Ledger(service), TimeProvider.System, postgres.Arrays);
    private FlushRequest? _flush;

    public string Service => service;

    /// <summary>The activation is gone: killed, deactivated, fenced.</summary>
    public bool IsGone { get; private set; }

    public bool HasRows => _buffer.Rows > 0;

    /// <summary>Null: there is no answer.</summary>
    public AppendResult? Append(RowBatch batch) => IsGone ? null : _buffer.Append(rules.NamesPredecessor ? batch : batch with { PreviousOffset = RowBatch.NoOffset });

    public DurableMark DurableOf(int partition, long offset) =>
        IsGone ? new DurableMark(false, RowBatch.NoOffset) : _buffer.DurableOf(SimulatedLog.Topic, partition, offset);

    /// <summary>A flush begins, or the one under way ends. Returns a transaction whose fate nobody of the living knows, if there is one.</summary>
    public FlushRequest? Step(Random random, bool withFaults)
    {
        _flush ??= _buffer.TakeFlush(random.Next(1, 8) * sizeof(long));
        if (IsGone || _flush is not { } flush)
        {
            return null;
        }

        switch (withFaults ? random.Next(6) : 0)
        {
            case 1:
                // Failed before COMMIT: sent again as it is.
                return null;
            case 2:
                // Unknown, and was committed.
                postgres.TryCommit(flush);
                IsGone = true;
                return null;
            case 3:
                // Unknown, and not committed, or not yet: the server may still be at it.
                IsGone = rules.ForgetsWhenUnknown;
                if (!IsGone)
                {
                    Committed();
                }

                return random.Next(2) == 0 ? flush : null;
            default:
                if (postgres.TryCommit(flush))
                {
                    Committed();
                }
                else
                {
                    IsGone = true;
                }

                return null;
        }
    }

    /// <summary>kill -9. Its transaction, if it has one, is in the server's hands.</summary>
    public FlushRequest? Kill()
    {
        IsGone = true;
        return _flush;
    }

    private void Committed()
    {
        _buffer.Committed();
        _flush = null;
    }
}
