using Npgsql;
using OtelOrleans.GrainInterfaces;

namespace OtelOrleans.Tests.Torture;

/// <summary>Rows of a signal against what is in Kafka.</summary>
/// <param name="Signal">The signal.</param>
/// <param name="Rows">Rows stored.</param>
/// <param name="Lost">Items that are in Kafka and not stored.</param>
/// <param name="Doubled">Rows too many.</param>
/// <param name="First">The first of either, with number and place.</param>
internal sealed record SignalVerdict(Signal Signal, long Rows, long Lost, long Doubled, IReadOnlyList<string> First);

/// <summary>Counts every number that is stored: each must be there as often as Kafka has it.</summary>
internal static class StoredCheck
{
    private const int MostNamed = 10;

    public static async Task<SignalVerdict> CheckAsync(NpgsqlConnection connection, Signal signal, SentRecords sent)
    {
        var records = sent.InKafka().Where(r => r.Record.Signal == signal).ToList();
        var expected = new byte[sent.NextItem(signal)];
        foreach (var (record, _, _, _) in records)
        {
            for (var n = record.First; n < record.First + record.Items; n++)
            {
                expected[n] += n == record.Refused ? (byte)0 : (byte)1;
            }
        }

        var stored = new int[expected.Length];
        long rows = 0, unknown = 0;
        await using var command = new NpgsqlCommand(Numbers(signal), connection);
        await using var reader = await command.ExecuteReaderAsync();
        for (; await reader.ReadAsync(); rows++)
        {
            if (reader.IsDBNull(0) || reader.GetInt64(0) is var number && (number < 0 || number >= stored.Length))
            {
                unknown++;
            }
            else
            {
                stored[number]++;
            }
        }

        long lost = 0, doubled = unknown;
        var first = new List<string>();
        for (var n = 0; n < stored.Length; n++)
        {
            lost += Math.Max(0, expected[n] - stored[n]);
            doubled += Math.Max(0, stored[n] - expected[n]);
            if (expected[n] != stored[n] && first.Count < MostNamed)
            {
                first.Add(Name(n, expected[n], stored[n]));
            }
        }

        if (unknown > 0)
        {
            first.Add($"{signal}: {unknown} rows have no number that was ever given out");
        }

        return new SignalVerdict(signal, rows, lost, doubled, first);

        string Name(int number, int wanted, int got)
        {
            var place = records.FindIndex(r => number >= r.Record.First && number < r.Record.First + r.Record.Items);
            return $"{signal} {number} is stored {got} times instead of {wanted}; "
                + (place < 0 ? "its record is not in Kafka" : $"record {records[place].Record.Number}, {records[place].Topic}/{records[place].Partition} offset {records[place].Offset}");
        }
    }

    private static string Numbers(Signal signal) => signal switch
    {
        Signal.Traces => $"select (attributes->>'{NumberedPayloads.NumberAttribute}')::bigint from otel.spans",
        Signal.Logs => $"select (attributes->>'{NumberedPayloads.NumberAttribute}')::bigint from otel.log_records",
        _ => """
            select value_int from otel.metric_number_points
            union all select sum::bigint from otel.metric_histogram_points
            union all select sum::bigint from otel.metric_exp_histogram_points
            union all select sum::bigint from otel.metric_summary_points
            """,
    };
}
