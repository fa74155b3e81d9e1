using Npgsql;
using NpgsqlTypes;

namespace OtelOrleans.Sql.Ledger;

/// <summary>Where a topic-partition is to be resumed.</summary>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Kafka partition.</param>
/// <param name="NextOffset">The first offset that is not durable for every service.</param>
/// <param name="Consumed">What was read up to there.</param>
public readonly record struct ResumePoint(string Topic, int Partition, long NextOffset, RecordCounts Consumed = default);

/// <summary>The resume points of all topic-partitions. Only ever raised: a silo that wakes up late cannot turn one back.</summary>
public sealed class PartitionProgress(PostgresDatabase database)
{
    /// <summary>The resume point of a topic-partition; null if it was never read.</summary>
    public async ValueTask<ResumePoint?> LoadAsync(string topic, int partition, CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand(
            "select topic, partition, next_offset, records, empty_records from otel.partition_progress where topic = $1 and partition = $2");
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = partition });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Read(reader) : null;
    }

    /// <summary>All resume points, ordered by topic and partition.</summary>
    public async Task<IReadOnlyList<ResumePoint>> LoadAllAsync(CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand("select topic, partition, next_offset, records, empty_records from otel.partition_progress order by topic, partition");
        var points = new List<ResumePoint>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            points.Add(Read(reader));
        return points;
    }

    /// <summary>Sets where a topic-partition is to be read from that was never read; where it was, that counts.</summary>
    public async Task BeginAsync(ResumePoint point, CancellationToken ct)
    {
        await using var command = database.Control.CreateCommand(
            "insert into otel.partition_progress (topic, partition, next_offset) values ($1, $2, $3) on conflict do nothing");
        command.Parameters.Add(new() { Value = point.Topic });
        command.Parameters.Add(new() { Value = point.Partition });
        command.Parameters.Add(new() { Value = point.NextOffset });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>
    /// Raises resume points; those that stand higher already stay. A topic-partition may occur more than once: the highest counts. Once a minute the new resume point is
    /// written into <c>ingest_progress</c> too, so that the audit can tell the minutes apart; and before a partition's first one, that nothing was read.
    /// </summary>
    public async ValueTask SaveAsync(IReadOnlyList<ResumePoint> points, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count == 0)
            return;
        // In order of the key, so that two silos that save the same ones cannot deadlock; rows that would not change are not written.
        await using var command = database.Control.CreateCommand("""
            with given as (
                select distinct on (topic, partition) * from unnest($1, $2, $3, $4, $5) as s (topic, partition, next_offset, records, empty_records)
                order by topic, partition, next_offset desc),
            raised as (
                insert into otel.partition_progress as p (topic, partition, next_offset, records, empty_records)
                select * from given order by topic, partition
                on conflict (topic, partition) do update
                set next_offset = excluded.next_offset, records = excluded.records, empty_records = excluded.empty_records, updated_at = now()
                where p.next_offset < excluded.next_offset
                returning topic, partition, next_offset, records, empty_records)
            insert into otel.ingest_progress (topic, partition, next_offset, records, empty_records)
            select * from raised r
            where not exists (select from otel.ingest_progress i where i.topic = r.topic and i.partition = r.partition and i.at > now() - interval '1 minute')
            union
            select topic, partition, 0, 0, 0 from raised
            where (topic, partition) not in (select topic, partition from otel.partition_progress)
            """);
        command.Parameters.Add(new() { Value = points.Select(p => p.Topic).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = points.Select(p => p.Partition).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = points.Select(p => p.NextOffset).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = points.Select(p => p.Consumed.Records).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = points.Select(p => p.Consumed.Empty).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(ct);
    }

    private static ResumePoint Read(NpgsqlDataReader reader) =>
        new(reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2), new RecordCounts(reader.GetInt64(3), reader.GetInt64(4)));
}
