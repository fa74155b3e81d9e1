using System.Globalization;
using Npgsql;

namespace OtelOrleans.Sql;

/// <summary>Where Postgres is and how it is used. Bound from the section <c>Postgres</c>; single values also come from <c>POSTGRES_…</c> variables.</summary>
public sealed class PostgresOptions
{
    /// <summary>Host name, address, or directory of a Unix socket. Default <c>localhost</c>.</summary>
    public string Host { get; set; } = "localhost";

    /// <summary>TCP port, 1 to 65535. Default 5432.</summary>
    public int Port { get; set; } = 5432;

    /// <summary>Role to log in as. Default <c>postgres</c>.</summary>
    public string User { get; set; } = "postgres";

    /// <summary>Password of the role; empty where the server asks for none. Never printed.</summary>
    public string Password { get; set; } = "";

    /// <summary>Database. Default <c>telemetry</c>. It must exist; its schemas are made by <c>otelorleans migrate</c>.</summary>
    public string Database { get; set; } = "telemetry";

    /// <summary>A full Npgsql connection string, used instead of host, port, user, password, database, SslMode and RootCertificate. Never printed.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>TLS: <c>Disable</c>, <c>Allow</c>, <c>Prefer</c>, <c>Require</c>, <c>VerifyCA</c> or <c>VerifyFull</c>. Default <c>Prefer</c>.</summary>
    public string SslMode { get; set; } = "Prefer";

    /// <summary>PEM file with the certificate authority that signed the server's certificate. Default: those that the machine trusts.</summary>
    public string? RootCertificate { get; set; }

    /// <summary>Connections that one silo opens at most, for everything it does with Postgres; 8 to 1000. Default 20.</summary>
    public int MaxConnections { get; set; } = 20;

    /// <summary>Connections among them that write rows, each one transaction at a time; 1 to 32. Default 2: more gained nothing on two cores.</summary>
    public int WriterConnections { get; set; } = 2;

    /// <summary>Rows that one transaction gathers at most from waiting flushes; 100 to 1,000,000. Default 20,000: larger ones gained nothing.</summary>
    public int MaxRowsPerTransaction { get; set; } = 20_000;

    /// <summary>Bytes that one transaction gathers at most from waiting flushes; 64 KiB to 1 GiB. Default 32 MiB. A single larger flush goes alone.</summary>
    public long MaxBytesPerTransaction { get; set; } = 32 * 1024 * 1024;

    /// <summary>How long opening a connection may take; 1 s to 5 min. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the server may let a statement wait for its answer; 1 s to 1 h. Default 30 s.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections of the Orleans membership: few, short, and never behind a busy writer.</summary>
    internal const int MembershipConnections = 4;

    /// <summary>Connections that remain for ledger, progress, queries and migrations.</summary>
    internal int ControlConnections => MaxConnections - WriterConnections - MembershipConnections;

    /// <summary>Every problem of the options, one line each, led by its key; nothing if they can be used.</summary>
    public static IEnumerable<string> Validate(PostgresOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (string.IsNullOrEmpty(options.ConnectionString))
        {
            if (string.IsNullOrWhiteSpace(options.Host))
                yield return "OtelOrleans:Postgres:Host is empty: give a host name or address (POSTGRES_HOST)";
            if (options.Port is < 1 or > 65535)
                yield return Invariant($"OtelOrleans:Postgres:Port is {options.Port}: give a TCP port from 1 to 65535 (POSTGRES_PORT)");
            if (string.IsNullOrWhiteSpace(options.User))
                yield return "OtelOrleans:Postgres:User is empty: give the role to log in as (POSTGRES_USER)";
            if (string.IsNullOrWhiteSpace(options.Database))
                yield return "OtelOrleans:Postgres:Database is empty: give the name of a database (POSTGRES_DB)";
            if (!Enum.TryParse<SslMode>(options.SslMode, ignoreCase: true, out var mode) || !Enum.IsDefined(mode) || char.IsDigit(options.SslMode[0]))
                yield return $"OtelOrleans:Postgres:SslMode is '{options.SslMode}': give one of {string.Join(", ", Enum.GetNames<SslMode>())}";
            if (options.RootCertificate is { Length: > 0 } file && !File.Exists(file))
                yield return $"OtelOrleans:Postgres:RootCertificate is '{file}': there is no such file";
        }
        else if (ConnectionStringProblem(options.ConnectionString) is { } problem)
        {
            yield return problem;
        }

        if (options.MaxConnections is < 8 or > 1000)
            yield return Invariant($"OtelOrleans:Postgres:MaxConnections is {options.MaxConnections}: give 8 to 1000 (POSTGRES_MAX_CONNECTIONS)");
        if (options.WriterConnections is < 1 or > 32)
            yield return Invariant($"OtelOrleans:Postgres:WriterConnections is {options.WriterConnections}: give 1 to 32");
        else if (options.MaxConnections is >= 8 and <= 1000 && options.ControlConnections < 2)
            yield return Invariant($"OtelOrleans:Postgres:WriterConnections is {options.WriterConnections}: OtelOrleans:Postgres:MaxConnections must be at least {options.WriterConnections + MembershipConnections + 2}, as {MembershipConnections} serve the membership and 2 the ledger");
        if (options.MaxRowsPerTransaction is < 100 or > 1_000_000)
            yield return Invariant($"OtelOrleans:Postgres:MaxRowsPerTransaction is {options.MaxRowsPerTransaction}: give 100 to 1000000 rows");
        if (options.MaxBytesPerTransaction is < 65_536 or > 1_073_741_824)
            yield return Invariant($"OtelOrleans:Postgres:MaxBytesPerTransaction is {options.MaxBytesPerTransaction}: give 65536 to 1073741824 bytes");
        if (options.ConnectTimeout < TimeSpan.FromSeconds(1) || options.ConnectTimeout > TimeSpan.FromMinutes(5))
            yield return Invariant($"OtelOrleans:Postgres:ConnectTimeout is {options.ConnectTimeout}: give 00:00:01 to 00:05:00");
        if (options.CommandTimeout < TimeSpan.FromSeconds(1) || options.CommandTimeout > TimeSpan.FromHours(1))
            yield return Invariant($"OtelOrleans:Postgres:CommandTimeout is {options.CommandTimeout}: give 00:00:01 to 01:00:00");
    }

    /// <summary>Where these options lead, without secrets: fit for a log.</summary>
    public override string ToString()
    {
        if (string.IsNullOrEmpty(ConnectionString))
            return Invariant($"{User}@{Host}:{Port}/{Database}");
        if (ConnectionStringProblem(ConnectionString) is not null)
            return "(a connection string that cannot be read)";
        var given = new NpgsqlConnectionStringBuilder(ConnectionString);
        return Invariant($"{given.Username}@{given.Host}:{given.Port}/{given.Database}");
    }

    /// <summary>What every pool has in common.</summary>
    internal NpgsqlConnectionStringBuilder ToConnectionString(string applicationName, int maxPoolSize)
    {
        var builder = string.IsNullOrEmpty(ConnectionString)
            ? new NpgsqlConnectionStringBuilder
            {
                Host = Host,
                Port = Port,
                Username = User,
                Password = Password.Length == 0 ? null : Password,
                Database = Database,
                SslMode = Enum.Parse<SslMode>(SslMode, ignoreCase: true),
                RootCertificate = string.IsNullOrEmpty(RootCertificate) ? null : RootCertificate,
            }
            : new NpgsqlConnectionStringBuilder(ConnectionString);
        builder.ApplicationName = applicationName;
        builder.Pooling = true;
        builder.MinPoolSize = 0;
        builder.MaxPoolSize = maxPoolSize;
        builder.Timeout = (int)Math.Ceiling(ConnectTimeout.TotalSeconds);
        builder.CommandTimeout = (int)Math.Ceiling(CommandTimeout.TotalSeconds);
        // A peer that vanished without a word is noticed within a minute, by us and (TCP) by the kernel.
        builder.KeepAlive = 30;
        builder.TcpKeepAlive = true;
        return builder;
    }

    private static string? ConnectionStringProblem(string connectionString)
    {
        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connectionString).Host) ? "OtelOrleans:Postgres:ConnectionString names no Host" : null;
        }
        // The message of the exception may repeat a part of the string: it stays here.
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return "OtelOrleans:Postgres:ConnectionString cannot be read: give 'Host=…;Port=…;Username=…;Password=…;Database=…' with the keywords of Npgsql";
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
