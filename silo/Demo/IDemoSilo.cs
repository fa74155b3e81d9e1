namespace OtelOrleans.Silo.Demo;

/// <summary>The silo as the demo sees it.</summary>
internal interface IDemoSilo
{
    /// <summary>Where its web port is, such as <c>http://127.0.0.1:8080</c>. Asked after <see cref="StartAsync"/>.</summary>
    string HttpAddress { get; }

    /// <summary>Makes the tables and starts the silo; returns when it is ready.</summary>
    Task StartAsync(DemoEndpoints endpoints, CancellationToken ct);

    /// <summary>
    /// Counts rows in Postgres. Answers after <see cref="StopAsync"/> too, for the last line; a <see cref="System.Data.Common.DbException"/> means
    /// "Postgres does not answer just now" and is tried again.
    /// </summary>
    Task<DemoCounts> CountAsync(CancellationToken ct);

    /// <summary>Up to five rows of each signal, a line each, with a heading where a signal begins.</summary>
    Task<IReadOnlyList<string>> FiveRowsOfEachAsync(CancellationToken ct);

    /// <summary>Drains (stores what is buffered) and stops. Called once after <see cref="StartAsync"/>, even when that failed.</summary>
    Task StopAsync();
}
