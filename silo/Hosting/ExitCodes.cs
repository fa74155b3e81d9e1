namespace OtelOrleans.Silo.Hosting;

/// <summary>What the process ends with; from 64 on the meanings of BSD's <c>sysexits.h</c>.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>Not healthy, or what was to be done was not done.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 64;

    /// <summary>A file that was named does not exist.</summary>
    public const int NoInput = 66;

    /// <summary>A server cannot be reached.</summary>
    public const int Unavailable = 69;

    /// <summary>A server refuses the credentials or the right.</summary>
    public const int NoPermission = 77;

    /// <summary>An option is wrong.</summary>
    public const int Configuration = 78;
}
