using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace OtelOrleans.Sql;

/// <summary>
/// The connections of one silo to its database: a pool for each kind of work, so that none can starve another. Opens nothing by itself.
/// </summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Makes the pools. The options must have passed <see cref="PostgresOptions.Validate"/>.</summary>
    public PostgresDatabase(PostgresOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;

        var writer = options.ToConnectionString("otelorleans-writer", options.WriterConnections);
        // The writer leaves nothing behind in its sessions but its settings and empty temporary tables, which it wants to keep.
        writer.NoResetOnClose = true;
        writer.WriteBufferSize = 64 * 1024;
        Writer = Build(writer, WriterSession(options));

        Control = Build(options.ToConnectionString("otelorleans-control", options.ControlConnections), session: null);

        var membership = options.ToConnectionString("otelorleans-membership", PostgresOptions.MembershipConnections);
        // Orleans reads the table OrleansQuery by its bare name.
        membership.SearchPath = "orleans";
        Membership = Build(membership, session: null);
    }

    internal PostgresOptions Options { get; }

    /// <summary>For <c>CopyWriter</c> alone.</summary>
    internal NpgsqlDataSource Writer { get; }

    /// <summary>Ledger, progress, migrations, queries.</summary>
    internal NpgsqlDataSource Control { get; }

    /// <summary>For Orleans' AdoNet clustering (invariant <c>Npgsql</c>). A pool of its own: a busy writer must not delay a heartbeat.</summary>
    public DbDataSource Membership { get; }

    /// <summary>Where the database is, without secrets.</summary>
    public string Address => Options.ToString();

    /// <summary>Asks the server for a sign of life, and its version (as in <c>15.18</c>). Throws what <see cref="SqlErrors.Describe"/> can explain.</summary>
    public async Task<string> PingAsync(CancellationToken ct)
    {
        await using var command = Control.CreateCommand("show server_version");
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Closes every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await Control.DisposeAsync();
        await Membership.DisposeAsync();
    }

    // A backend whose client is gone holds the ledger rows of its transaction; the server shall let go of them soon after we gave up.
    private static string WriterSession(PostgresOptions options)
    {
        var milliseconds = (long)options.CommandTimeout.TotalMilliseconds + 5_000;
        return string.Create(CultureInfo.InvariantCulture,
            $"set statement_timeout = {milliseconds}; set idle_in_transaction_session_timeout = {milliseconds}; set client_min_messages = warning");
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder connectionString, string? session)
    {
        // Its metrics would else be tagged with the connection string.
        var builder = new NpgsqlDataSourceBuilder(connectionString.ConnectionString) { Name = connectionString.ApplicationName };
        if (session is not null)
        {
            // Set here and not with the start-up option of the protocol, which PgBouncer refuses.
            builder.UsePhysicalConnectionInitializer(
                connection =>
                {
                    using var command = new NpgsqlCommand(session, connection);
                    command.ExecuteNonQuery();
                },
                async connection =>
                {
                    await using var command = new NpgsqlCommand(session, connection);
                    await command.ExecuteNonQueryAsync();
                });
        }

        return builder.Build();
    }
}
