namespace OtelOrleans.Sql.Ledger;

/// <summary>One life of a topic-partition, within which an offset names a record.</summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="Number">0, 1, 2 …: how often its offsets have started over.</param>
/// <param name="TopicId">Kafka's id of the topic; null where the broker tells none.</param>
public readonly record struct TopicIncarnation(string Topic, int Partition, int Number, string? TopicId)
{
    /// <summary>The topic's name in ledger, progress, gaps and dead letters: its own, or <c>topic#1</c> … where offsets have started over.</summary>
    public string StoredTopic => Number == 0 ? Topic : $"{Topic}#{Number}";

    /// <summary>Whether an id of today is that of another topic of the same name. Unknown ids tell nothing.</summary>
    public bool IsAnother(string? topicId) => TopicId is not null && topicId is not null && TopicId != topicId;
}

/// <summary>Which life each topic-partition is in.</summary>
public sealed class TopicIncarnations(PostgresDatabase database)
{
    /// <summary>The latest one; the first is begun, and an id that was not known is noted, when asked for.</summary>
    public async Task<TopicIncarnation> LatestAsync(string topic, int partition, string? topicId, CancellationToken ct)
    {
        await BeginAsync(new(topic, partition, 0, topicId), ct);
        await using var command = database.Control.CreateCommand("""
            update otel.topic_incarnations as t set topic_id = coalesce(t.topic_id, $3)
            where t.topic = $1 and t.partition = $2
              and t.incarnation = (select max(incarnation) from otel.topic_incarnations where topic = $1 and partition = $2)
            returning t.incarnation, t.topic_id
            """);
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = partition });
        command.Parameters.Add(new() { Value = (object?)topicId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new(topic, partition, reader.GetInt32(0), reader.IsDBNull(1) ? null : reader.GetString(1));
    }

    /// <summary>Begins an incarnation, unless another silo did already.</summary>
    public async Task BeginAsync(TopicIncarnation incarnation, CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand(
            "insert into otel.topic_incarnations (topic, partition, incarnation, topic_id) values ($1, $2, $3, $4) on conflict do nothing");
        command.Parameters.Add(new() { Value = incarnation.Topic });
        command.Parameters.Add(new() { Value = incarnation.Partition });
        command.Parameters.Add(new() { Value = incarnation.Number });
        command.Parameters.Add(new() { Value = (object?)incarnation.TopicId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(ct);
    }
}
