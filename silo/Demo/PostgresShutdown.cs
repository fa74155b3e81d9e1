namespace OtelOrleans.Silo.Demo;

/// <summary>How a Postgres server is asked to stop; the names are <c>pg_ctl</c>'s.</summary>
internal enum PostgresShutdown
{
    /// <summary>Waits until every client has left.</summary>
    Smart,

    /// <summary>Rolls back what is open, then stops in good order.</summary>
    Fast,

    /// <summary>Stops at once; the next start recovers from the log.</summary>
    Immediate,
}
