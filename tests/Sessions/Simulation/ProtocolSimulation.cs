using OtelOrleans.GrainInterfaces;
using OtelOrleans.Grains.Sessions;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Tests.Sessions.Simulation;

/// <summary>
/// The whole protocol in one thread, with everything going wrong that can: batches late, lost and delivered again, activations doubled and killed, flushes that fail, commit
/// without an answer, or commit after their sender died; two silos that read the same partition; resume points saved late. The classes that think are the real ones; Orleans,
/// Kafka and Postgres are played. One seed, one run.
/// </summary>
internal sealed class ProtocolSimulation
{
    private const int MaxSteps = 20_000;

    private readonly Random _random;
    private readonly ProtocolRules _rules;
    private readonly SimulatedLog _log;
    private readonly SimulatedPostgres _postgres;
    private readonly List<SimulatedReading> _readings = [];
    private readonly List<SimulatedAggregator> _aggregators = [];
    private readonly List<SimulatedMail> _mail = [];
    private readonly List<FlushRequest> _transactions = [];
    private long _sessions;

    private ProtocolSimulation(int seed, ProtocolRules rules)
    {
        _random = new Random(seed);
        _rules = rules;
        _log = new SimulatedLog(seed);
        _postgres = new SimulatedPostgres(_log, rules);
    }

    /// <summary>Runs with faults for a while, then without, until everything must be stored. Throws where a row is lost or doubled, or nothing moves any more.</summary>
    public static async Task RunAsync(int seed, ProtocolRules? rules = null)
    {
        var simulation = new ProtocolSimulation(seed, rules ?? new ProtocolRules());
        for (var steps = simulation._random.Next(50, 600); steps > 0; steps--)
        {
            await simulation.StepAsync(withFaults: true);
        }

        await simulation.SettleAsync();
    }

    private async Task SettleAsync()
    {
        _readings.Clear();
        for (var steps = 0; Enumerable.Range(0, SimulatedLog.Partitions).Any(p => _postgres.ResumePoint(p) < SimulatedLog.Records); steps++)
        {
            Assert.True(steps < MaxSteps, "nothing moves any more");
            await StepAsync(withFaults: false);
        }

        // What still comes late must do no harm.
        _mail.ForEach(m => Current(m.Service).Append(m.Batch));
        _transactions.ForEach(t => _postgres.TryCommit(t));
        _aggregators.ForEach(a => a.Step(_random, withFaults: false));
        Assert.Equal(_log.RowCount, _postgres.RowCount);
    }

    private async Task StepAsync(bool withFaults)
    {
        switch (_random.Next(withFaults ? 24 : 20))
        {
            case 0:
                Open(withFaults);
                break;
            case 1 or 2 or 3 when Any(_readings) is { } reading:
                reading.Poll(_random);
                break;
            case 4 or 5 or 6 when Any(_readings) is { } reading:
                await reading.DeliverAsync(_random, withFaults);
                break;
            case 7 or 8 or 9 when Any(_readings) is { } reading:
                _mail.AddRange(reading.Decode(_random));
                break;
            case 10 or 11 or 12 when Any(_mail) is { } mail:
                Arrive(mail, withFaults);
                break;
            case 13 or 14 or 15 when Any(_aggregators) is { } aggregator:
                Flush(aggregator, withFaults);
                break;
            case 16 or 17 when Any(_readings) is { } reading && Any([.. reading.Links]) is { } link:
                Ask(reading, link);
                break;
            case 18 when Any(_readings) is { } reading:
                _postgres.Raise(reading.Partition, reading.Session.ResumePoint);
                break;
            case 19 when Any(_readings) is { } reading && reading is { Session.IsOpen: false, IsQuiet: true }:
                _readings.Remove(reading);
                Begin(reading.Partition, reading.Session.ResumePoint);
                break;
            case 20 when Any(_aggregators) is { } aggregator:
                // The directory forgets an activation: it lives on, and a second one is made.
                _aggregators.Insert(0, new SimulatedAggregator(aggregator.Service, _postgres, _rules));
                break;
            case 21 when Any(_aggregators) is { } aggregator && aggregator.Kill() is { } transaction:
                _transactions.Add(transaction);
                break;
            case 22 when Any(_readings) is { } reading:
                // A silo dies; its mail is under way.
                _readings.Remove(reading);
                break;
            case 23 when Any(_transactions) is { } transaction:
                _transactions.Remove(transaction);
                _postgres.TryCommit(transaction);
                break;
        }

        CheckResumePoints();
    }

    /// <summary>A silo begins to read a partition; with faults, another may still believe that it is its own.</summary>
    private void Open(bool withFaults)
    {
        var partition = _random.Next(SimulatedLog.Partitions);
        if (_readings.Count(r => r.Partition == partition) < (withFaults ? 2 : 1))
        {
            Begin(partition, _postgres.ResumePoint(partition));
        }
    }

    private void Begin(int partition, long resumePoint) =>
        _readings.Add(new SimulatedReading(partition, _log, _rules, new PartitionSession(SimulatedLog.Topic, partition, ++_sessions, resumePoint, TimeProvider.System)));

    private void Arrive(SimulatedMail mail, bool withFaults)
    {
        switch (withFaults ? _random.Next(10) : 0)
        {
            case 1:
                // Too late for its sender; it arrives later all the same.
                mail.Reading.GiveUp(mail);
                break;
            case 2:
                // Lost.
                _mail.Remove(mail);
                mail.Reading.GiveUp(mail);
                break;
            case 3:
                // Arrives, its answer is lost; and it arrives again later.
                Aggregator(mail.Service).Append(mail.Batch);
                mail.Reading.GiveUp(mail);
                break;
            default:
                _mail.Remove(mail);
                mail.Reading.Answer(mail, Aggregator(mail.Service).Append(mail.Batch));
                break;
        }
    }

    private void Flush(SimulatedAggregator aggregator, bool withFaults)
    {
        if (aggregator.Step(_random, withFaults) is { } unanswered)
        {
            _transactions.Add(unanswered);
        }
    }

    private void Ask(SimulatedReading reading, AggregatorLink link)
    {
        if (reading.Session.NextToAsk(link) is not { } offset)
        {
            return;
        }

        var mark = Aggregator(link.ServiceName).DurableOf(reading.Partition, offset);
        if (mark.Known)
        {
            reading.Session.Durable(link, mark.DurableOffset);
        }
        else
        {
            reading.Session.Break(BreakCause.Lost, "the aggregator has lost it");
        }
    }

    /// <summary>Mostly the activation that the directory knows, sometimes one that it has forgotten.</summary>
    private SimulatedAggregator Aggregator(string service)
    {
        List<SimulatedAggregator> living = [.. _aggregators.Where(a => a.Service == service && !a.IsGone)];
        return living.Count > 1 && _random.Next(4) == 0 ? living[_random.Next(living.Count)] : Current(service);
    }

    private SimulatedAggregator Current(string service)
    {
        if (_aggregators.Find(a => a.Service == service && !a.IsGone) is { } current)
        {
            return current;
        }

        _aggregators.Insert(0, new SimulatedAggregator(service, _postgres, _rules));
        return _aggregators[0];
    }

    private void CheckResumePoints()
    {
        for (var p = 0; p < SimulatedLog.Partitions; p++)
        {
            Assert.True(_postgres.ResumePoint(p) <= _postgres.FirstUnstored(p), $"partition {p} would be resumed at {_postgres.ResumePoint(p)}; {_postgres.FirstUnstored(p)} is not stored");
        }
    }

    private T? Any<T>(List<T> of) where T : class => of.Count == 0 ? null : of[_random.Next(of.Count)];
}
