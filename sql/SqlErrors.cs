using System.Net.Sockets;
using Npgsql;

namespace OtelOrleans.Sql;

/// <summary>What an error of the database means for the bytes that were sent: could the same ones succeed later?</summary>
public enum SqlErrorClass
{
    /// <summary>Not an error of the database.</summary>
    None = 0,

    /// <summary>The server, the network or another transaction stood in the way. The same bytes can succeed later: keep them and try again, without end.</summary>
    Transient = 1,

    /// <summary>The rows themselves are refused. The same bytes will never succeed: they belong into <c>dead_letters</c>.</summary>
    Refused = 2,

    /// <summary>Tables or rights are missing. Nothing is wrong with the rows: stop and have the schema put right.</summary>
    Schema = 3,

    /// <summary>The server does not let us in: password, role, <c>pg_hba.conf</c>, or no such database.</summary>
    Authentication = 4,
}

/// <summary>Tells errors of the database apart, by SQLSTATE class, and says what to do about them.</summary>
public static class SqlErrors
{
    /// <summary>The class of an exception, or of the first exception of the database within it.</summary>
    public static SqlErrorClass Classify(Exception exception)
    {
        if (PostgresErrorIn(exception) is { } refusal)
            return Classify(refusal);
        if (LacksPassword(exception))
            return SqlErrorClass.Authentication;
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is NpgsqlException or IOException or SocketException or TimeoutException)
                return SqlErrorClass.Transient;
        }

        return SqlErrorClass.None;
    }

    /// <summary>The SQLSTATE of an exception, or of the first exception of the database within it; null if it has none.</summary>
    public static string? SqlStateOf(Exception exception) => PostgresErrorIn(exception)?.SqlState;

    /// <summary>Npgsql itself gives up where the server asks for a password and it has none; the words are all that tells it.</summary>
    private static bool LacksPassword(Exception exception) =>
        exception is NpgsqlException { InnerException: null } && exception.Message.StartsWith("No password has been provided", StringComparison.Ordinal);

    /// <summary>One line for a person: what is wrong and what to do. Holds no secrets: Postgres never repeats a password.</summary>
    public static string Describe(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (PostgresErrorIn(exception) is { } refusal)
            return Describe(refusal);
        if (LacksPassword(exception))
            return "Postgres asks for a password and none is set: set POSTGRES_PASSWORD";
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData })
                return $"The host name of Postgres cannot be resolved ({OneLine(e.Message)}): check POSTGRES_HOST";
            if (e is SocketException)
                return $"Postgres cannot be reached ({OneLine(e.Message)}): is it running? Check POSTGRES_HOST and POSTGRES_PORT";
            if (e is TimeoutException)
                return "Postgres did not answer in time: is it reachable, or too busy? Check POSTGRES_HOST and POSTGRES_PORT";
            if (e is System.Security.Authentication.AuthenticationException)
                return $"TLS with Postgres failed ({OneLine(e.Message)}): check OtelOrleans:Postgres:SslMode and OtelOrleans:Postgres:RootCertificate";
        }

        return exception is NpgsqlException ? $"The connection to Postgres failed: {OneLine(exception.Message)}" : OneLine(exception.Message);
    }

    /// <summary>What the server said, itself or within another exception; null if it said nothing.</summary>
    internal static PostgresException? PostgresErrorIn(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is PostgresException said)
                return said;
        }

        return null;
    }

    private static SqlErrorClass Classify(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidCatalogName => SqlErrorClass.Authentication,
        // The server could not make sense of a row: a bug of an encoder. Raised outside of COPY it is trouble with the connection.
        PostgresErrorCodes.ProtocolViolation when IsAboutCopiedRow(e) => SqlErrorClass.Refused,
        { Length: 5 } state => state[..2] switch
        {
            "22" or "23" or "54" => SqlErrorClass.Refused,
            "42" or "3F" => SqlErrorClass.Schema,
            "28" => SqlErrorClass.Authentication,
            // 08, 40, 53, 55, 57, 58, XX, and what nobody has thought of: trying again is never wrong, only slow.
            _ => SqlErrorClass.Transient,
        },
        _ => SqlErrorClass.Transient,
    };

    private static bool IsAboutCopiedRow(PostgresException e) => e.Where?.StartsWith("COPY ", StringComparison.Ordinal) ?? false;

    private static string Describe(PostgresException e)
    {
        var said = $"Postgres says {e.SqlState} {OneLine(e.MessageText)}";
        return e.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword => $"Wrong password: set POSTGRES_USER and POSTGRES_PASSWORD ({said})",
            PostgresErrorCodes.InvalidAuthorizationSpecification => $"Postgres does not let this role in from here: check POSTGRES_USER and the server's pg_hba.conf ({said})",
            PostgresErrorCodes.InvalidCatalogName => $"The database does not exist: create it, or set POSTGRES_DB ({said})",
            PostgresErrorCodes.TooManyConnections => $"Postgres has no connection left: raise its max_connections, or lower POSTGRES_MAX_CONNECTIONS ({said})",
            PostgresErrorCodes.CannotConnectNow => $"Postgres is starting up or shutting down: wait for it ({said})",
            PostgresErrorCodes.InsufficientPrivilege => $"The role lacks a right: grant it, or run `otelorleans migrate` as the owner of the database ({said})",
            { } state when state.StartsWith("42", StringComparison.Ordinal) || state.StartsWith("3F", StringComparison.Ordinal) =>
                $"The schema is not what this version expects: run `otelorleans migrate` ({said})",
            _ => said + (string.IsNullOrEmpty(e.TableName) ? "" : $" (table {e.TableName})"),
        };
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
