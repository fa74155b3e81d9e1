using OtelOrleans.Tests.Sessions.Simulation;
using Xunit.Sdk;

namespace OtelOrleans.Tests.Sessions;

/// <summary>The promise, on the classes that keep it, through every order of faults that the seeds give; and that each rule is needed for it.</summary>
public sealed class ProtocolTests
{
    private const int Runs = 2000;

    public static TheoryData<string> Rules => [.. typeof(ProtocolRules).GetProperties().Where(p => p.PropertyType == typeof(bool)).Select(p => p.Name)];

    [Fact]
    public async Task Every_record_is_stored_once_and_no_resume_point_passes_an_unstored_one()
    {
        var first = Random.Shared.Next();
        for (var seed = first; seed < first + Runs; seed++)
        {
            try
            {
                await ProtocolSimulation.RunAsync(seed);
            }
            catch (Exception e)
            {
                throw new XunitException($"Seed {seed}: {e.Message}", e);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Without_any_one_of_the_rules_a_record_is_lost_or_doubled(string rule)
    {
        var rules = new ProtocolRules();
        typeof(ProtocolRules).GetProperty(rule)!.SetValue(rules, false);
        for (var seed = 0; seed < Runs; seed++)
        {
            try
            {
                await ProtocolSimulation.RunAsync(seed, rules);
            }
            catch (XunitException)
            {
                return;
            }
        }

        Assert.Fail($"{Runs} simulations without '{rule}' went well");
    }
}
