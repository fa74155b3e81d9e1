namespace OtelOrleans.Silo.Demo;

/// <summary>How a private Postgres is made and run.</summary>
internal sealed record PrivatePostgresOptions
{
    /// <summary>The TCP port on 127.0.0.1; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>The superuser that is made with the data.</summary>
    public string User { get; init; } = "postgres";

    /// <summary>The database that is made with the data. Letters, digits and underscores.</summary>
    public string Database { get; init; } = "telemetry";

    /// <summary>
    /// Gives up safety against a crash of the machine for speed. A crash of the server alone, kill -9 included, still loses nothing that was committed.
    /// </summary>
    public bool Disposable { get; init; }

    /// <summary>Further server settings, each <c>name=value</c> without blanks.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The server's command line: loopback only, no socket files (their path may be too long), and what the options say.</summary>
    internal string CommandLine(int port)
    {
        IEnumerable<string> settings =
        [
            "listen_addresses=127.0.0.1",
            $"port={port}",
            "unix_socket_directories=''",
            "random_page_cost=1.1",
            .. Disposable ? ["fsync=off", "full_page_writes=off"] : Array.Empty<string>(),
            .. Settings,
        ];
        return string.Join(' ', settings.Select(setting => $"-c {setting}"));
    }
}
