using Npgsql;
using OtelOrleans.Sql;

namespace OtelOrleans.Tests.Torture;

/// <summary>Looks again and again at the resume points in Postgres, past the proxy. While it does not answer, nothing moves.</summary>
internal sealed class ProgressWatch(TortureWorld world, Backlogs backlogs)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private Dictionary<(string Topic, int Partition), long> _last = [];

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await LookAsync();
            await DeleteStoredAsync();
            backlogs.Stored(_last);
            await Task.Delay(Interval, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The embedded Kafka loses a record that does not fit beside those that it has: the stored ones make room before the next is sent.</summary>
    private async Task DeleteStoredAsync()
    {
        if (!world.Options.Load.IsFull || world.Kafka is null)
        {
            return;
        }

        foreach (var ((topic, partition), resumePoint) in _last)
        {
            await world.Kafka.TellAsync("delete", topic, partition, resumePoint);
        }
    }

    private async Task LookAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await using var connection = new NpgsqlConnection(world.ConnectionString);
            await connection.OpenAsync(patience.Token);
            await using var command = new NpgsqlCommand("select topic, partition, next_offset from otel.partition_progress", connection);
            await using var reader = await command.ExecuteReaderAsync(patience.Token);
            var points = new Dictionary<(string, int), long>();
            while (await reader.ReadAsync(patience.Token))
            {
                points.Add((reader.GetString(0), reader.GetInt32(1)), reader.GetInt64(2));
            }

            _last = points;
        }
        catch (Exception e) when (e is OperationCanceledException || SqlErrors.Classify(e) is not SqlErrorClass.None)
        {
            // Down or frozen, on purpose.
        }
    }
}
