using System.Diagnostics;
using Npgsql;
using OtelOrleans.Sql;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Sql;

/// <summary>
/// Looks into <c>pg_locks</c> of a database all the time: who holds which strong locks on its tables, and who waits for whom.
/// </summary>
internal sealed class LockWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly NpgsqlConnection _connection;
    private readonly HashSet<LockMode> _modes = [];
    private readonly List<LockWait> _waits = [];
    private readonly Task _watching;

    private LockWatch(PostgresOptions options)
    {
        _connection = new($"{PostgresFixture.ConnectionString(options)};Application Name=lock-watch;Pooling=false");
        _watching = Task.Run(WatchAsync);
    }

    public static LockWatch Start(PostgresOptions options) => new(options);

    /// <summary>Ends the watch, and tells what it saw.</summary>
    public async Task<(IReadOnlyCollection<LockMode> Modes, IReadOnlyList<LockWait> Waits, int Samples)> StopAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        return (_modes, _waits, Samples);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        await _connection.DisposeAsync();
        _stopping.Dispose();
    }

    private int Samples { get; set; }

    private async Task WatchAsync()
    {
        await _connection.OpenAsync();
        var current = new Dictionary<(int Pid, string Relation), LockWait>();
        while (!_stopping.IsCancellationRequested)
        {
            var now = Stopwatch.GetTimestamp();
            await using var command = new NpgsqlCommand("""
                select l.pid, a.application_name, l.relation::regclass::text, l.mode, l.granted
                from pg_locks l join pg_stat_activity a on a.pid = l.pid
                where a.datname = current_database() and a.pid <> pg_backend_pid() and a.application_name like 'otelorleans%'
                    and l.locktype = 'relation' and (not l.granted or l.relation in (select oid from pg_class where relnamespace = 'otel'::regnamespace))
                """, _connection);
            var waiting = new HashSet<(int, string)>();
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    var (pid, who, relation, mode) = (reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetString(3));
                    if (reader.GetBoolean(4))
                    {
                        _modes.Add(new(who, relation, mode));
                        continue;
                    }

                    waiting.Add((pid, relation));
                    if (!current.TryGetValue((pid, relation), out var wait))
                    {
                        current[(pid, relation)] = wait = new(who, relation, mode, now);
                        _waits.Add(wait);
                    }

                    wait.Seen = now;
                }
            }

            foreach (var over in current.Keys.Where(k => !waiting.Contains(k)).ToList())
                current.Remove(over);
            Samples++;
            await Task.Delay(5, CancellationToken.None);
        }
    }
}

/// <summary>A lock that a pool of the silo held on a table.</summary>
internal sealed record LockMode(string Who, string Relation, string Mode);

/// <summary>A lock that was waited for, between two looks at least.</summary>
internal sealed record LockWait(string Who, string Relation, string Mode, long Began)
{
    public long Seen { get; set; }

    public TimeSpan AtLeast => Stopwatch.GetElapsedTime(Began, Seen);
}
