namespace OtelOrleans.Sql.Ledger;

/// <summary>The topic-partitions that a person has paused.</summary>
public sealed class PartitionPauses(PostgresDatabase database)
{
    /// <summary>All of them.</summary>
    public async Task<IReadOnlyList<(string Topic, int Partition)>> LoadAsync(CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("select topic, partition from otel.partition_pauses");
        var pauses = new List<(string, int)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            pauses.Add((reader.GetString(0), reader.GetInt32(1)));
        return pauses;
    }

    /// <summary>Pauses a partition. False if it was paused already.</summary>
    public Task<bool> AddAsync(string topic, int partition, CancellationToken ct) =>
        ChangeAsync("insert into otel.partition_pauses (topic, partition) values ($1, $2) on conflict do nothing", topic, partition, ct);

    /// <summary>Ends a pause. False if there was none.</summary>
    public Task<bool> RemoveAsync(string topic, int partition, CancellationToken ct) =>
        ChangeAsync("delete from otel.partition_pauses where topic = $1 and partition = $2", topic, partition, ct);

    private async Task<bool> ChangeAsync(string sql, string topic, int partition, CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand(sql);
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = partition });
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }
}
