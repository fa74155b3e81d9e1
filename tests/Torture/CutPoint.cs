namespace OtelOrleans.Tests.Torture;

/// <summary>Where in the conversation of a silo with Postgres the connection is cut.</summary>
internal enum CutPoint
{
    /// <summary>In the middle of rows.</summary>
    MidCopy,

    /// <summary>COMMIT is sent and does not reach the server: nothing is stored, and the sender cannot know.</summary>
    BeforeCommit,

    /// <summary>The server has committed, and its answer does not reach the sender: everything is stored, and the sender cannot know.</summary>
    AfterCommit,
}
