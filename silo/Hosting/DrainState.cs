namespace OtelOrleans.Silo.Hosting;

/// <summary>Whether the silo is shutting down: receivers read no more.</summary>
internal sealed class DrainState
{
    private volatile bool _begun;

    public bool HasBegun => _begun;

    public void Begin() => _begun = true;
}
