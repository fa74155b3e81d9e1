using Npgsql;
using OtelOrleans.Grains.Decoding;

namespace OtelOrleans.Tests.Torture;

/// <summary>Dead letters must be the poison that is in Kafka, byte for byte, and the rows that Postgres refused; gaps there must be none.</summary>
internal static class DeadLetterCheck
{
    /// <summary>What is wrong, a line each, and how many letters there are.</summary>
    public static async Task<(IReadOnlyList<string> Problems, long Letters)> CheckAsync(NpgsqlConnection connection, SentRecords sent)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var poison = new Dictionary<(string Topic, int Partition, long Offset), byte[]>();
        foreach (var (record, topic, partition, offset) in sent.InKafka())
        {
            if (record.Poison is { } bytes)
            {
                poison[(topic, partition, offset)] = bytes.Payload;
                Count(Name(topic, partition, offset, bytes.Reason), -1);
            }
            else if (record.Refused is not null)
            {
                Count(Name(topic, partition, offset, DeadLetterReason.RefusedByPostgres), -1);
            }
        }

        var problems = new List<string>();
        long letters = 0;
        await using (var command = new NpgsqlCommand("select topic, partition, \"offset\", reason, payload from otel.dead_letters", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            for (; await reader.ReadAsync(); letters++)
            {
                var (topic, partition, offset) = (reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2));
                var name = Name(topic, partition, offset, reader.GetString(3));
                Count(name, 1);
                if (poison.TryGetValue((topic, partition, offset), out var payload) && !payload.AsSpan().SequenceEqual(reader.GetFieldValue<byte[]>(4)))
                {
                    problems.Add($"dead letter {name} does not have the bytes that were sent");
                }
            }
        }

        problems.AddRange(counts.Where(c => c.Value != 0).Select(c => c.Value < 0 ? $"dead letter {c.Key} is missing" : $"dead letter {c.Key} is there {c.Value} times too often"));
        await using (var command = new NpgsqlCommand("select topic, partition, from_offset, to_offset, reason from otel.offset_gaps", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                problems.Add($"offset gap of {reader.GetString(0)}/{reader.GetInt32(1)} from {reader.GetInt64(2)} to {reader.GetInt64(3)}: {reader.GetString(4)}; Kafka had everything");
            }
        }

        return (problems, letters);

        void Count(string name, int by) => counts[name] = counts.GetValueOrDefault(name) + by;
    }

    private static string Name(string topic, int partition, long offset, string reason) => $"{topic}/{partition} offset {offset}, {reason}";
}
