namespace OtelOrleans.Silo.Demo;

/// <summary>Where a Postgres is and how to get in.</summary>
internal sealed record DemoPostgres(string Host, int Port, string User, string Password, string Database)
{
    /// <summary>Without the password.</summary>
    public override string ToString() => $"{User}@{Host}:{Port}/{Database}";
}
