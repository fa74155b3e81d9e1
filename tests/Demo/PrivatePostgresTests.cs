using Npgsql;
using OtelOrleans.Silo.Demo;
using Xunit;

namespace OtelOrleans.Tests.Demo;

public sealed class PrivatePostgresTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_temporary_server_answers_on_loopback_and_leaves_nothing_behind()
    {
        var postgres = await Services.PostgresAsync();
        var process = postgres.ProcessId;
        await using (postgres)
        {
            Assert.Equal(1, await ScalarAsync(postgres, "select 1"));
            Assert.Equal("127.0.0.1", await ScalarAsync(postgres, "show listen_addresses"));
            Assert.True(ServerProcess.IsRunning(process));
        }

        Assert.False(ServerProcess.IsRunning(process));
        Assert.False(Directory.Exists(postgres.Folder));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Committed_rows_survive_a_restart_and_a_kill(bool kill)
    {
        await using var postgres = await Services.PostgresAsync();
        await ScalarAsync(postgres, "create table kept as select 42 as answer");
        if (kill)
        {
            await postgres.KillAsync(Cancel);
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(postgres, "select 1"));
            await postgres.StartAgainAsync(Cancel);
        }
        else
        {
            await postgres.RestartAsync(PostgresShutdown.Fast, Cancel);
        }

        Assert.Equal(42, await ScalarAsync(postgres, "select answer from kept"));
    }

    [Fact]
    public async Task A_frozen_server_answers_nothing_until_it_is_resumed()
    {
        await using var postgres = await Services.PostgresAsync();
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync(Cancel);
        postgres.Pause();

        await using var command = new NpgsqlCommand("select 7", connection);
        var answer = command.ExecuteScalarAsync(Cancel);
        Assert.NotSame(answer, await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(500), Cancel)));

        postgres.Resume();
        Assert.Equal(7, await answer);
    }

    [Fact]
    public async Task A_server_left_by_a_crashed_run_is_replaced_and_its_data_kept()
    {
        await using var probe = await Services.PostgresAsync();
        var folder = Directory.CreateTempSubdirectory("otelorleans-kept-").FullName;
        try
        {
            // The first owner never stops its server: that is what a killed process leaves.
            var first = await PrivatePostgres.StartAsync(folder, new() { Disposable = true }, TextWriter.Null, Cancel);
            Assert.True(first.IsNew);
            await ScalarAsync(first, "create table kept as select 42 as answer");
            NpgsqlConnection.ClearAllPools();

            await using var second = await PrivatePostgres.StartAsync(folder, new() { Disposable = true }, TextWriter.Null, Cancel);

            Assert.False(second.IsNew);
            Assert.False(ServerProcess.IsRunning(first.ProcessId));
            Assert.Equal(42, await ScalarAsync(second, "select answer from kept"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_lock_file_that_names_a_stranger_does_not_stop_the_start()
    {
        await using var postgres = await Services.PostgresAsync();
        await postgres.StopAsync(ct: Cancel);
        await File.WriteAllTextAsync(Path.Combine(postgres.Folder, "data", "postmaster.pid"), $"{Environment.ProcessId}\n", Cancel);

        await postgres.StartAgainAsync(Cancel);

        Assert.Equal(1, await ScalarAsync(postgres, "select 1"));
    }

    [Fact]
    public async Task A_folder_that_the_server_account_cannot_reach_is_replaced_and_told()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root runs the server as somebody else.");
        await using var probe = await Services.PostgresAsync();
        var closed = Directory.CreateTempSubdirectory("otelorleans-closed-").FullName;
        var told = new StringWriter();
        await using var postgres = await PrivatePostgres.StartAsync(Path.Combine(closed, "data"), new() { Disposable = true }, told, Cancel);
        try
        {
            Assert.StartsWith("/var/tmp/otelorleans-", postgres.Folder, StringComparison.Ordinal);
            Assert.Contains(postgres.Folder, told.ToString(), StringComparison.Ordinal);
            Assert.Equal(1, await ScalarAsync(postgres, "select 1"));
        }
        finally
        {
            await postgres.StopAsync(ct: Cancel);
            Directory.Delete(postgres.Folder, recursive: true);
            Directory.Delete(closed, recursive: true);
        }
    }

    private static async Task<object?> ScalarAsync(PrivatePostgres postgres, string sql)
    {
        // No pool: a pooled connection would outlive the server that the next statement meets.
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }
}
